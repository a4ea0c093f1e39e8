package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// mastersBucket is the bucket of masters: a new bucket or an existing one.
type mastersBucket struct {
	bucket awss3.IBucket
	keyARN string // the ARN of the KMS key of an existing bucket; "" if it has none
}

func newMasters(scope constructs.Construct, c settings.Config) mastersBucket {
	if c.MastersBucket != "" {
		return mastersBucket{awss3.Bucket_FromBucketName(scope, new("Masters"), &c.MastersBucket), c.MastersKeyARN}
	}
	rules := []*awss3.LifecycleRule{{
		Id: new("uploads that were never completed"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(7.0)),
	}}
	// Even one day is long enough to keep an overwritten version: a request that reads this version
	// is settled within an hour.
	if c.NoncurrentDays > 0 {
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

// announceChanges makes S3 send an event to EventBridge for each change in the bucket. It does not
// use the property of CDK's Bucket for this purpose, because that property would add a Lambda
// function to the stack.
func announceChanges(bucket awss3.Bucket) {
	bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: new(true)},
	})
}

// readableBy allows a function to read masters and their tags, and to list the bucket. Without the
// permission to list, S3 answers 403 for a missing key, so a missing master could not be
// distinguished from a fault.
func (m mastersBucket) readableBy(f deployed) {
	f.allow(m.bucket.ArnForObjects(new("*")),
		"s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging")
	f.allow(m.bucket.BucketArn(), "s3:ListBucket")
	if m.keyARN != "" {
		f.allow(&m.keyARN, "kms:Decrypt")
	}
}

// takesUploadsOf allows a function to upload files in parts and with tags, and to check whether a
// file exists.
func (m mastersBucket) takesUploadsOf(f deployed) {
	f.allow(m.bucket.ArnForObjects(new("*")),
		"s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
	f.allow(m.bucket.BucketArn(), "s3:ListBucket")
	if m.keyARN != "" {
		f.allow(&m.keyARN, "kms:Decrypt", "kms:GenerateDataKey")
	}
}

// objectEvents lists the EventBridge detail-types of the events that the function index must
// receive. After each such event, the function reads the object again.
var objectEvents = []string{
	"Object Created", "Object Deleted", "Object Tags Added", "Object Tags Deleted",
	"Object Restore Completed", "Object Restore Expired", "Object Storage Class Changed", "Object Access Tier Changed",
}

// sendEventsTo makes EventBridge send the bucket's events to a queue. If EventBridge cannot deliver an
// event for a day, it sends the event to the queue's dead-letter queue.
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

// indexBucket holds the index documents. It is deleted with the stack, because a reindex can
// create the documents again.
type indexBucket struct{ bucket awss3.Bucket }

func newIndexBucket(scope constructs.Construct) indexBucket {
	return indexBucket{newBucket(scope, "IndexDocuments", awss3.BucketProps{
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})}
}

// summariesReadableBy allows a function to read the libraries' summaries, and to distinguish a
// missing summary from a fault of S3.
func (b indexBucket) summariesReadableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new("summary/*")), "s3:GetObject")
	f.allow(b.bucket.BucketArn(), "s3:ListBucket")
}

// readableBy allows a function to read index documents, and to distinguish a missing document from
// a fault of S3.
func (b indexBucket) readableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new("*")), "s3:GetObject")
	f.allow(b.bucket.BucketArn(), "s3:ListBucket")
}

func (b indexBucket) writableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new("*")), "s3:PutObject")
}
