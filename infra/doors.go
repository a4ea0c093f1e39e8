package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
	"masterhand/shared/kit/names"
	"masterhand/shared/request/doors"
)

// receiveProgram is the function that processes the platform's events from the queue and the bucket.
// These events have no signature, and the gateway does not wait for an answer.
var receiveProgram = program{name: "receive", purpose: "takes the platform's events from a queue and a bucket", timeout: 900, memory: 512}

// The queues of the doors. A door is a queue or a bucket through which the platform sends events
// without a signature. An event whose destination has no entry in the secret stays in its queue.
// The retention and the number of receives are large enough for an operator to add the entry a day
// late. But a request expires after an hour as usual.
var (
	doorQueue = queueSpec{
		name: "Door", purpose: "events that the platform sends", worker: receiveProgram,
		retention: 4 * 24, receives: 1000, batch: 1,
	}
	doorEventsQueue = queueSpec{
		name: "DoorEvents", purpose: "events that the platform stores", worker: receiveProgram,
		retention: 4 * 24, receives: 1000, batch: 1,
	}
)

// openDoors holds the resources of two doors: of the queue and of the bucket by which the
// platform's events can arrive, in addition to the function URL. The fields of a door that the
// settings do not open are nil.
type openDoors struct {
	queue  *queue // the queue to which the platform sends events
	events *queue // the queue of the bucket's object events; each object that the platform stores causes one event
	bucket awss3.Bucket
}

// queues returns the queues of the open doors.
func (d openDoors) queues() (list []queue) {
	for _, q := range []*queue{d.queue, d.events} {
		if q != nil {
			list = append(list, *q)
		}
	}
	return list
}

func newDoors(stack awscdk.Stack, c settings.Config) (d openDoors) {
	put := func(name string, value *string, what string) {
		awscdk.NewCfnOutput(stack, &name, &awscdk.CfnOutputProps{Value: value, Description: &what})
	}
	if _, open := c.Doors[doors.Queue]; open {
		d.queue = new(newQueue(stack, doorQueue, c))
		user := newSender(stack, "DoorQueueSender", "sqs:SendMessage", d.queue.live.QueueArn())
		put("DoorQueueUser", user.UserName(), "IAM user that may send to the queue; \"masterhand access queue\" makes its key")
	}
	if _, open := c.Doors[doors.Bucket]; open {
		d.events = new(newQueue(stack, doorEventsQueue, c))
		d.bucket = newDoorBucket(stack)
		sendEvents(stack, "DoorObjectEvents", "events that the platform stored", d.bucket, []string{"Object Created"}, *d.events)
		user := newSender(stack, "DoorBucketSender", "s3:PutObject", d.bucket.ArnForObjects(new("*")))
		put("DoorBucketUser", user.UserName(), "IAM user that may put events into the bucket; \"masterhand access bucket\" makes its key")
		put("DoorBucket", d.bucket.BucketName(), "bucket that the platform puts events into")
	}
	return d
}

// newSender makes an IAM user for the gateway, because the gateway can use only static access keys.
// A command of masterhand creates the user's key after the deployment, so that no template contains
// a key.
func newSender(scope constructs.Construct, id, action string, resource *string) awsiam.User {
	user := awsiam.NewUser(scope, &id, nil)
	user.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: &[]*string{&action}, Resources: &[]*string{resource},
	}))
	return user
}

// newDoorBucket makes the bucket of the platform's events. It keeps versions, so that the function receive
// can read each event even if another one was stored under the same key. The URLs in an event are
// valid for an hour, so old events are worthless and the bucket is deleted with the stack.
func newDoorBucket(scope constructs.Construct) awss3.Bucket {
	bucket := newBucket(scope, "DoorObjects", awss3.BucketProps{
		Versioned:     new(true),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		LifecycleRules: &[]*awss3.LifecycleRule{
			{
				Id: new("events of last week"), Expiration: awscdk.Duration_Days(new(7.0)),
				NoncurrentVersionExpiration:         awscdk.Duration_Days(new(7.0)),
				AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(1.0)),
			},
			{Id: new("markers of deleted events"), ExpiredObjectDeleteMarker: new(true)},
		},
	})
	announceChanges(bucket)
	return bucket
}

// newReceive deploys the function receive, which processes the platform's events from the queue and
// the bucket. The function reads the hosts and the libraries of the destinations. It needs no
// signing secrets, because IAM decides who may send events.
func newReceive(d deployment, s stores) deployed {
	env := s.fulfillment(d.config)
	setting, err := json.Marshal(d.config.Doors)
	if err != nil {
		panic(err) // this never happens: the settings of the doors can always be encoded as JSON
	}
	env[names.Doors] = new(string(setting))
	if s.doors.queue != nil {
		env[names.DoorQueue] = s.doors.queue.live.QueueUrl()
	}
	if s.doors.events != nil {
		env[names.DoorBucket] = s.doors.bucket.BucketName()
		env[names.DoorEventsQueue] = s.doors.events.live.QueueUrl()
	}
	f := d.deploy(receiveProgram, env, 0)
	s.openForFulfillment(f)
	s.ledger.searchableBy(f, bySlot)
	for _, q := range s.doors.queues() {
		q.feed(f)
	}
	if s.doors.events != nil {
		f.allow(s.doors.bucket.ArnForObjects(new("*")), "s3:GetObject", "s3:GetObjectVersion")
		// without this permission, S3 would answer 403 instead of 404 for a missing object
		f.allow(s.doors.bucket.BucketArn(), "s3:ListBucket")
	}
	return f
}

func receiveAlarms(m emitted) []alarm {
	return []alarm{{
		id: "Doors", title: "events of the queue or the bucket wait for a human", metric: m.line(names.MetricDoorFailures, sum),
		do: "receive cannot process events of the queue door or the bucket door. Its log names the reason. no_destination means that the destination " +
			"in the setting doors has no entry: add it with masterhand secret DESTINATION --without-secret. no_library means that its library is not " +
			"configured. The events stay in the queue until then; each request still expires after its hour.",
	}}
}

func receiveGraphs(m emitted, s stores) []awscloudwatch.IWidget {
	var ages []awscloudwatch.IMetric
	for _, q := range s.doors.queues() {
		ages = append(ages, age(q))
	}
	return []awscloudwatch.IWidget{
		graph("Events through the queue and the bucket", m.each(names.MetricDoorEvents, names.DimensionDoor)),
		graph("Events that wait for an operator, by reason", m.each(names.MetricDoorFailures, names.DimensionReason)),
		graph("Oldest event of the queue and the bucket (s)", ages...),
	}
}
