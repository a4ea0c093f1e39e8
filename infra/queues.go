package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
	"masterhand/shared/library/indexing"
)

// queueSpec describes a queue and the function that processes its messages.
type queueSpec struct {
	name      string
	purpose   string
	worker    program // the function that processes its messages
	retention float64 // hours until a message is deleted
	receives  float64 // the number of receives after which a message becomes a dead letter
	batch     float64 // the maximum number of messages in one call
	window    float64 // seconds to wait for a full batch; at least 1 for batches over 10
	parallel  float64 // the number of concurrent calls; the queue's setting, or [settings.LeastParallel]
}

// The queues. A handed-off request ends by its deadline, an hour after it arrived, and not by its
// number of attempts. Messages live for four hours, so that finish itself settles an expired
// request.
var (
	indexQueue = queueSpec{
		name: "Index", purpose: "object events", worker: indexProgram,
		retention: 4 * 24, receives: indexing.MaxReceives, batch: 100, window: 1, parallel: 10,
	}
	// Batches of a reindex have their own queue, so that events and requests never wait for them.
	reindexQueue = queueSpec{
		name: "Reindex", purpose: "batches of a reindex", worker: indexProgram,
		retention: 4 * 24, receives: 10, batch: 1,
	}
	finishQueue = queueSpec{
		name: "Finish", purpose: "requests handed off", worker: finishProgram,
		retention: 4, receives: 1000, batch: 1,
	}
	// A link may be valid for a week, and collect retries its file until then. Messages wait up to 45
	// minutes between attempts: 400 attempts take 12 days. A message that never succeeds thus becomes
	// a dead letter before the queue deletes it.
	collectQueue = queueSpec{
		name: "Collect", purpose: "announced files", worker: collectProgram,
		retention: 14 * 24, receives: 400, batch: 1,
	}
)

// margin is the number of seconds that a message stays hidden beyond its worker's time-out.
const margin = 30 // seconds

// queue is a queue with its dead letters, which are kept for 14 days, SQS's maximum.
type queue struct {
	queueSpec
	live, dead awssqs.Queue
}

func newQueue(scope constructs.Construct, spec queueSpec, c settings.Config) queue {
	spec.parallel = float64(max(c.Parallel[spec.name], settings.LeastParallel))
	dead := awssqs.NewQueue(scope, new(spec.name+"DeadLetters"), &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      new(true),
		RetentionPeriod: awscdk.Duration_Days(new(14.0)),
	})
	live := awssqs.NewQueue(scope, new(spec.name+"Queue"), &awssqs.QueueProps{
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        new(true),
		RetentionPeriod:   awscdk.Duration_Hours(&spec.retention),
		VisibilityTimeout: awscdk.Duration_Seconds(new(spec.worker.timeout + margin)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: &spec.receives},
	})
	return queue{spec, live, dead}
}

// feed makes Lambda call a function with the queue's messages. The function reports the messages
// that failed, and Lambda delivers only those again.
func (q queue) feed(f deployed) {
	f.allow(q.live.QueueArn(), "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")
	props := &awslambda.EventSourceMappingProps{
		Target: f.alias, EventSourceArn: q.live.QueueArn(), BatchSize: &q.batch, ReportBatchItemFailures: new(true),
		MaxConcurrency: &q.parallel,
	}
	if q.window > 0 {
		props.MaxBatchingWindow = awscdk.Duration_Seconds(&q.window)
	}
	awslambda.NewEventSourceMapping(f.scope, new(q.name+"Messages"), props)
}

// countableBy allows a function to read the lengths of the queue and its dead letters.
func (q queue) countableBy(f deployed) {
	f.allow(q.live.QueueArn(), "sqs:GetQueueAttributes")
	f.allow(q.dead.QueueArn(), "sqs:GetQueueAttributes")
}

func (q queue) fillableBy(f deployed) { f.allow(q.live.QueueArn(), "sqs:SendMessage") }

// acceptFrom allows one rule of EventBridge to send to the queue, and to send undeliverable
// events to the dead letters.
func (q queue) acceptFrom(ruleARN *string) {
	for _, to := range []awssqs.Queue{q.live, q.dead} {
		to.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(new("events.amazonaws.com"), nil)},
			Actions:    &[]*string{new("sqs:SendMessage")},
			Resources:  &[]*string{to.QueueArn()},
			Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": ruleARN}},
		}))
	}
}
