package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
	"masterhand/shared/kit/names"
)

// The functions that process announcements. The senders wait 10 s for the answer of intake.
var (
	intakeProgram  = program{name: "intake", purpose: "accepts announcements of other platforms", timeout: 15, memory: 512}
	collectProgram = program{name: "collect", purpose: "fetches files that other platforms announced", timeout: 900, memory: 512}
)

// intake holds the resources that only the functions intake and collect use.
type intake struct {
	records recordsBucket
	senders secret // the secret with the senders' tokens
	queue   queue
	notices awssns.Topic
}

func newIntakeStores(stack awscdk.Stack, c settings.Config) intake {
	return intake{
		records: newRecords(stack, c), senders: newSecret(stack, "Senders", "tokens of the platforms that announce files, as a JSON object", "{}", c),
		queue: newQueue(stack, collectQueue, c), notices: newNotices(stack, c),
	}
}

// newIntake deploys the function intake with its URL, to which senders send their webhooks. The URL
// needs no AWS credentials, because it contains the sender's token. If no executions are reserved
// for intake, it can use only those that the function fulfill leaves free. When no execution is
// free, Lambda answers 429, and the sender Streampixel never sends such a webhook again.
func newIntake(d deployment, s stores) receiver {
	f := d.deploy(intakeProgram, s.announcements(d.config, environment{
		names.IntakeSecret: s.intake.senders.SecretArn(),
	}), d.config.IntakeConcurrency)
	s.intake.records.fillableBy(f)
	s.intake.senders.readableBy(f)
	s.intake.queue.fillableBy(f)
	return openToAll(f)
}

// newCollect deploys the function that downloads announced files, with Lambda's limit of 15
// minutes for each announcement. Every 15 minutes the function searches for stored announcements whose
// message was lost. It has no access to the senders' tokens.
func newCollect(d deployment, s stores) deployed {
	env := s.announcements(d.config, environment{
		names.MastersBucket: s.masters.bucket.BucketName(),
		names.LedgerTable:   s.ledger.table.TableName(),
		names.NotifyTopic:   s.intake.notices.TopicArn(),
	})
	for key, value := range d.config.Collecting() {
		env[key] = &value
	}
	f := d.deploy(collectProgram, env, 0)
	// If the function intake cannot store an announcement in the bucket, it puts the announcement
	// into the message. The function collect then stores the announcement in the bucket.
	s.intake.records.fillableBy(f)
	s.intake.records.readableBy(f)
	s.intake.queue.fillableBy(f)
	s.intake.queue.feed(f)
	s.masters.takesUploadsOf(f)
	s.ledger.writableBy(f)
	f.allow(s.intake.notices.TopicArn(), "sns:Publish")
	awsevents.NewRule(f.scope, new("Sweep"), &awsevents.RuleProps{
		Description: new("looks for announcements without a message"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(new(15.0))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(f.alias, nil)},
	})
	return f
}

// announcements adds the environment variables that the functions intake and collect share to the
// given environment, and returns this environment.
func (s stores) announcements(c settings.Config, more environment) environment {
	more[names.IntakeBucket] = s.intake.records.bucket.BucketName()
	more[names.CollectQueue] = s.intake.queue.live.QueueUrl()
	more[names.MetricsNamespace] = new(names.NamespaceOf(c.Name))
	if fields, told := c.Passed[names.PosternityFields]; told {
		more[names.PosternityFields] = &fields
	}
	return more
}

// recordsBucket holds each announcement as it arrived, so that people can inspect or replay it.
type recordsBucket struct{ bucket awss3.Bucket }

// recordDays is the number of days until a stored announcement is deleted. Timelines are stored for
// the same time. It must exceed the 14 days for which a message can stay in the queue, because the
// function collect reads the stored announcement that a message names.
const recordDays = 90.0

func newRecords(scope constructs.Construct, c settings.Config) recordsBucket {
	return recordsBucket{newBucket(scope, "Announcements", awss3.BucketProps{
		RemovalPolicy: removal(c),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id: new("what was announced long ago"), Expiration: awscdk.Duration_Days(new(recordDays)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(7.0)),
		}},
	})}
}

// records matches the keys of all announcements in the bucket.
const records = "raw/*"

func (b recordsBucket) fillableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new(records)), "s3:PutObject")
}

// readableBy allows a function to read and list announcements.
func (b recordsBucket) readableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new(records)), "s3:GetObject")
	f.allow(b.bucket.BucketArn(), "s3:ListBucket")
}

// newNotices makes the topic for failed builds, jobs and screenshots. It is separate from the
// topic of alarms, because the people who make creatives do not operate masterhand.
func newNotices(scope constructs.Construct, c settings.Config) awssns.Topic {
	topic := awssns.NewTopic(scope, new("Notices"), &awssns.TopicProps{
		DisplayName: new(c.StackName() + " creatives"), EnforceSSL: new(true),
	})
	if c.NotifyEmail != "" {
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(&c.NotifyEmail, nil))
	}
	return topic
}
