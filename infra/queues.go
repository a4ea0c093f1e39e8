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

// queueSpec describes a queue and how its function takes from it.
type queueSpec struct {
	name      string
	purpose   string
	worker    program // the function that takes from it
	retention float64 // hours that a message lives
	receives  float64 // after so many a message becomes a dead letter
	batch     float64 // messages of one call, at most
	window    float64 // seconds to wait for a batch to fill; at least 1 for batches over 10
	parallel  float64 // calls at a time; the setting of this queue, or [settings.LeastParallel]
}

// The queues. Time ends a request that was handed off, its own hour, and not the number
// of its tries: four hours let the worker itself meet an expired one and settle it.
var (
	indexQueue = queueSpec{
		name: "Index", purpose: "object events", worker: indexProgram,
		retention: 4 * 24, receives: indexing.MaxReceives, batch: 100, window: 1, parallel: 10,
	}
	// Batches of a reindex have a queue of their own, so that live events and requests never
	// wait for them.
	reindexQueue = queueSpec{
		name: "Reindex", purpose: "batches of a reindex", worker: indexProgram,
		retention: 4 * 24, receives: 10, batch: 1,
	}
	finishQueue = queueSpec{
		name: "Finish", purpose: "requests handed off", worker: finishProgram,
		retention: 4, receives: 1000, batch: 1,
	}
	// A link may live for a week, and its file is asked for until then. Messages rest for
	// 45 minutes between tries: 400 take 12 days, so that what never gets further is a dead
	// letter before the queue forgets it.
	collectQueue = queueSpec{
		name: "Collect", purpose: "announced files", worker: collectProgram,
		retention: 14 * 24, receives: 400, batch: 1,
	}
)

// margin is by how much a message stays hidden longer than its worker may run.
const margin = 30 // seconds

// queue is a queue with its dead letters, which are kept for 14 days, the longest that
// SQS knows.
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

// feed has Lambda bring the queue's messages to a function, which reports those that
// failed and gets them alone again.
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

// countableBy lets a function ask how long the queue and its dead letters are.
func (q queue) countableBy(f deployed) {
	f.allow(q.live.QueueArn(), "sqs:GetQueueAttributes")
	f.allow(q.dead.QueueArn(), "sqs:GetQueueAttributes")
}

func (q queue) fillableBy(f deployed) { f.allow(q.live.QueueArn(), "sqs:SendMessage") }

// acceptFrom lets one rule of EventBridge send to the queue, and to the dead letters
// what it cannot bring.
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
