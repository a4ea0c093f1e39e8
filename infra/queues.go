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
	retention float64 // the number of hours until SQS deletes a message
	receives  float64 // the number of receives after which a message becomes a dead letter
	batch     float64 // the maximum number of messages in one call of the function
	window    float64 // the number of seconds for which Lambda waits for a full batch; if batch is over 10, at least 1
	// The maximum number of concurrent calls of the function. The value is the deployment's setting
	// for this queue, but at least [settings.LeastParallel].
	parallel float64
}

// The queues. The function finish tries a handed-off request again until the request's deadline, an
// hour after its arrival. In practice, the limit of 1,000 receives is not reached in that time. A
// message stays in the queue Finish for four hours, so that finish can still settle a request after
// its deadline.
var (
	indexQueue = queueSpec{
		name: "Index", purpose: "object events", worker: indexProgram,
		retention: 4 * 24, receives: indexing.MaxReceives, batch: 100, window: 1, parallel: 10,
	}
	// The batches of a reindex have their own queue, so that object events and requests never wait
	// behind them.
	reindexQueue = queueSpec{
		name: "Reindex", purpose: "batches of a reindex", worker: indexProgram,
		retention: 4 * 24, receives: 10, batch: 1,
	}
	finishQueue = queueSpec{
		name: "Finish", purpose: "requests handed off", worker: finishProgram,
		retention: 4, receives: 1000, batch: 1,
	}
	// A link may be valid for a week, and the function collect tries its file again until then. A
	// message waits up to 45 minutes between tries, so that 400 tries take 12 days. A message that
	// never succeeds thus becomes a dead letter before the queue deletes it after 14 days.
	collectQueue = queueSpec{
		name: "Collect", purpose: "announced files", worker: collectProgram,
		retention: 14 * 24, receives: 400, batch: 1,
	}
)

// margin is the number of seconds for which a message stays hidden after the time-out of the function that
// processes it.
const margin = 30 // seconds; a queue's visibility timeout is the function's time-out plus margin

// queue holds two SQS queues: one that a function processes, and the one for its dead letters. Dead
// letters are kept for 14 days, SQS's maximum.
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

// feed makes Lambda call the function f with the queue's messages. The function reports the
// messages that failed, and Lambda delivers only those again.
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

// countableBy allows a function to read the number of messages in the queue and in its dead-letter queue.
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
