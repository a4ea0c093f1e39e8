package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// mastersBucket is the bucket of original files: a new one, or one that is there already.
type mastersBucket struct {
	bucket awss3.IBucket
	keyARN string // KMS key of a bucket that was there already; "" where it has none
}

func newMasters(scope constructs.Construct, c settings.Config) mastersBucket {
	if c.MastersBucket != "" {
		return mastersBucket{awss3.Bucket_FromBucketName(scope, new("Masters"), &c.MastersBucket), c.MastersKeyARN}
	}
	rules := []*awss3.LifecycleRule{{
		Id: new("uploads that were never completed"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(7.0)),
	}}
	if c.NoncurrentDays > 0 { // a request that reads an overwritten version ends within its hour
		rules = append(rules, &awss3.LifecycleRule{
			Id: new("what was overwritten or deleted"), NoncurrentVersionExpiration: awscdk.Duration_Days(new(float64(c.NoncurrentDays))),
			ExpiredObjectDeleteMarker: new(true),
		})
	}
	bucket := newBucket(scope, "Masters", awss3.BucketProps{
		Versioned: new(true), RemovalPolicy: removal(c), LifecycleRules: &rules,
	})
	announceChanges(bucket)
	return mastersBucket{bucket: bucket}
}

// announceChanges has EventBridge told of a bucket's changes. The bucket's own switch for this
// would add a Lambda function that turns it on.
func announceChanges(bucket awss3.Bucket) {
	bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: new(true)},
	})
}

// readableBy lets a function read masters with their tags, and tell what is absent.
// Without ListBucket S3 answers 403 for an absent key, which could never be told from a
// fault.
func (m mastersBucket) readableBy(f deployed) {
	f.allow(m.bucket.ArnForObjects(new("*")),
		"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
	f.allow(m.bucket.BucketArn(), "s3:ListBucket")
	if m.keyARN != "" {
		f.allow(&m.keyARN, "kms:Decrypt")
	}
}

// takesUploadsOf lets a function put files in, in parts and with tags, and tell whether
// one is there.
func (m mastersBucket) takesUploadsOf(f deployed) {
	f.allow(m.bucket.ArnForObjects(new("*")),
		"s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	f.allow(m.bucket.BucketArn(), "s3:ListBucket")
	if m.keyARN != "" {
		f.allow(&m.keyARN, "kms:Decrypt", "kms:GenerateDataKey")
	}
}

// objectEvents are EventBridge's detail-types after which an object is looked at again.
var objectEvents = []string{
	"Object Created", "Object Deleted", "Object Tags Added", "Object Tags Deleted",
	"Object Restore Completed", "Object Restore Expired", "Object Storage Class Changed", "Object Access Tier Changed",
}

// sendEventsTo has EventBridge bring the bucket's events to a queue. What it cannot
// bring for a day goes to the queue's dead letters.
func (m mastersBucket) sendEventsTo(scope constructs.Construct, q queue) {
	sendEvents(scope, "ObjectEvents", "changes of masters, for the index", m.bucket, objectEvents, q)
}

func sendEvents(scope constructs.Construct, id, what string, bucket awss3.IBucket, types []string, q queue) {
	rule := awsevents.NewCfnRule(scope, &id, &awsevents.CfnRuleProps{
		Description: &what,
		EventPattern: map[string]any{
			"source":      []string{"aws.s3"},
			"detail-type": types,
			"detail":      map[string]any{"bucket": map[string]any{"name": []*string{bucket.BucketName()}}},
		},
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: new("queue"), Arn: q.live.QueueArn(),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: q.dead.QueueArn()},
		}},
	})
	q.acceptFrom(rule.AttrArn())
}

// indexBucket holds the index documents. They can be made again from the masters, so
// they are not kept when the stack goes.
type indexBucket struct{ bucket awss3.Bucket }

func newIndexBucket(scope constructs.Construct) indexBucket {
	return indexBucket{newBucket(scope, "IndexDocuments", awss3.BucketProps{
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})}
}

// summariesReadableBy lets a function read the libraries' summaries, and tell an absent one from
// a fault.
func (b indexBucket) summariesReadableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new("summary/*")), "s3:GetObject")
	f.allow(b.bucket.BucketArn(), "s3:ListBucket")
}

// readableBy lets a function read documents, and tell an absent one from a fault.
func (b indexBucket) readableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new("*")), "s3:GetObject")
	f.allow(b.bucket.BucketArn(), "s3:ListBucket")
}

func (b indexBucket) writableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new("*")), "s3:PutObject")
}
