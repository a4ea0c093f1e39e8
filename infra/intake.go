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

// The functions that take in what other platforms make. Those wait 10 s for an answer.
var (
	intakeProgram  = program{name: "intake", purpose: "takes in what other platforms announce", timeout: 15, memory: 512}
	collectProgram = program{name: "collect", purpose: "fetches what other platforms announced", timeout: 900, memory: 512}
)

// intake is what only those functions work on.
type intake struct {
	records recordsBucket
	senders secret // with the tokens
	queue   queue
	notices awssns.Topic
}

func newIntakeStores(stack awscdk.Stack, c settings.Config) intake {
	return intake{
		records: newRecords(stack, c), senders: newSecret(stack, "Senders", "tokens of the platforms that announce files, as a JSON object", "{}", c),
		queue: newQueue(stack, collectQueue, c), notices: newNotices(stack, c),
	}
}

// newIntake deploys the function behind the URL that other platforms send to. Nobody
// signs in there with AWS: a token of the sender, in the URL, is what lets it in. What a
// burst of fulfill leaves of the account's executions is all that intake can run in,
// unless some are reserved for it: Lambda answers the others with 429, and Streampixel
// does not send again.
func newIntake(d deployment, s stores) receiver {
	f := d.deploy(intakeProgram, s.announcements(d.config, environment{
		names.IntakeSecret: s.intake.senders.SecretArn(),
	}), d.config.IntakeConcurrency)
	s.intake.records.fillableBy(f)
	s.intake.senders.readableBy(f)
	s.intake.queue.fillableBy(f)
	return openToAll(f)
}

// newCollect deploys the function that fetches files, with Lambda's 15 minutes for each
// event, and every 15 minutes looks for events that no message told of. It has no access
// to the tokens.
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
	s.intake.records.fillableBy(f) // again, with what only came in a message
	s.intake.records.readableBy(f)
	s.intake.queue.fillableBy(f)
	s.intake.queue.feed(f)
	s.masters.takesUploadsOf(f)
	s.ledger.writableBy(f)
	f.allow(s.intake.notices.TopicArn(), "sns:Publish")
	awsevents.NewRule(f.scope, new("Sweep"), &awsevents.RuleProps{
		Description: new("looks for announcements that no message told of"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(new(15.0))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(f.alias, nil)},
	})
	return f
}

// announcements is the environment that both functions have, and more.
func (s stores) announcements(c settings.Config, more environment) environment {
	more[names.IntakeBucket] = s.intake.records.bucket.BucketName()
	more[names.CollectQueue] = s.intake.queue.live.QueueUrl()
	more[names.MetricsNamespace] = new(names.NamespaceOf(c.Name))
	if fields, told := c.Passed[names.PosternityFields]; told {
		more[names.PosternityFields] = &fields
	}
	return more
}

// recordsBucket holds events as they came, for as long as somebody may ask what a
// platform really sent, or replay it.
type recordsBucket struct{ bucket awss3.Bucket }

// recordDays is how long events are kept: as long as their timelines. Above the 14 days
// that a message lives, so that none ever tells of an event that is gone.
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

// records is where in the bucket events lie.
const records = "raw/*"

func (b recordsBucket) fillableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new(records)), "s3:PutObject")
}

// readableBy lets a function read events, and list them.
func (b recordsBucket) readableBy(f deployed) {
	f.allow(b.bucket.ArnForObjects(new(records)), "s3:GetObject")
	f.allow(b.bucket.BucketArn(), "s3:ListBucket")
}

// newNotices makes the topic that tells creatives' makers of failed builds, jobs and
// screenshots. Alarms go to another: who mends the one does not mend the other.
func newNotices(scope constructs.Construct, c settings.Config) awssns.Topic {
	topic := awssns.NewTopic(scope, new("Notices"), &awssns.TopicProps{
		DisplayName: new(c.StackName() + " creatives"), EnforceSSL: new(true),
	})
	if c.NotifyEmail != "" {
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(&c.NotifyEmail, nil))
	}
	return topic
}
