package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// newStack declares all resources of a deployment.
func newStack(scope constructs.Construct, c settings.Config, b binaries) awscdk.Stack {
	// The error is ignored: the function main has already reported it.
	limits, _ := boundary(scope.Node().TryGetContext(new(boundaryKey)))
	stack := awscdk.NewStack(scope, new(c.StackName()), &awscdk.StackProps{
		Description:         new("masterhand " + c.Name + ": hands original video and image files to the platforms that ask for them"),
		PermissionsBoundary: limits,
	})
	d := deployment{stack: stack, config: c, binaries: b, alarms: newAlarms(stack, c)}
	s := stores{
		masters:      newMasters(stack, c),
		index:        newIndexBucket(stack),
		ledger:       newLedger(stack, c),
		destinations: newSecret(stack, "Destinations", "who may ask for masters, as a JSON list", "[]", c),
		events:       newQueue(stack, indexQueue, c),
		reindex:      newQueue(stack, reindexQueue, c),
		finish:       newQueue(stack, finishQueue, c),
		intake:       newIntakeStores(stack, c),
		doors:        newDoors(stack, c),
	}
	s.masters.sendEventsTo(stack, s.events)
	fulfill, finish, index := newFulfill(d, s), newFinish(d, s), newIndex(d, s)
	intake, collect, widget := newIntake(d, s), newCollect(d, s), newWidget(d, s)
	others := []deployed{finish, index, collect}
	if len(c.Doors) > 0 {
		others = append(others, newReceive(d, s))
	}
	watch(d, s, fulfill, intake, widget, others...)
	outputs(stack, c, s, fulfill, intake, append(others, widget)...)
	return stack
}

// deployment holds what every part of the stack needs.
type deployment struct {
	stack    awscdk.Stack
	config   settings.Config
	binaries binaries
	alarms   alarms
}

// stores are the resources that the functions read and write.
type stores struct {
	masters      mastersBucket
	index        indexBucket
	ledger       ledgerTable
	destinations secret // the secret that lists the platform's destinations, with their signing secrets
	events       queue  // the queue of object events of the masters bucket
	reindex      queue  // the queue of batches of a reindex
	finish       queue  // the queue of requests that were handed off
	intake       intake
	doors        openDoors
}

func (s stores) queues() []queue {
	return append([]queue{s.events, s.reindex, s.finish, s.intake.queue}, s.doors.queues()...)
}

// removal returns the policy that says whether CloudFormation keeps a resource when the stack is
// deleted. With either policy, the roll-back of a failed first deployment deletes the resource. CDK
// can then delete the failed stack and deploy again. The stack has no termination protection,
// because that would prevent CDK from deleting the stack.
func removal(c settings.Config) awscdk.RemovalPolicy {
	if c.Keep {
		return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	return awscdk.RemovalPolicy_DESTROY
}

// outputs adds the stack's outputs. Commands and people find the deployment's resources by them.
func outputs(stack awscdk.Stack, c settings.Config, s stores, fulfill, intake receiver, others ...deployed) {
	put := func(name string, value *string, what string) {
		awscdk.NewCfnOutput(stack, &name, &awscdk.CfnOutputProps{Value: value, Description: &what})
	}
	// The error is ignored: the record is a map of texts, which can always be encoded.
	record, _ := c.Record().MarshalText()
	put(settings.Output, new(string(record)), "settings of this deployment; masterhand deploy compares the next deployment with them")
	put("Url", fulfill.url.Url(), "URL for the platform's webhooks")
	put("MastersBucket", s.masters.bucket.BucketName(), "bucket of masters")
	put("IndexBucket", s.index.bucket.BucketName(), "bucket of index documents")
	put("LedgerTable", s.ledger.table.TableName(), "table of requests and their outcomes")
	put("DestinationsSecret", s.destinations.SecretArn(), "destinations and their secrets")
	put("IntakeUrl", intake.url.Url(), "URL for announcements, to be followed by sender and token")
	put("IntakeBucket", s.intake.records.bucket.BucketName(), "bucket of announcements, as they arrived")
	put("IntakeSecret", s.intake.senders.SecretArn(), "the senders' tokens")
	put("NoticeTopic", s.intake.notices.TopicArn(), "topic for failed builds, jobs and screenshots; subscribe to it")
	for _, q := range s.queues() {
		put(q.name+"QueueUrl", q.live.QueueUrl(), q.purpose)
		put(q.name+"DeadLettersUrl", q.dead.QueueUrl(), "dead letters of "+q.purpose)
	}
	for _, f := range append([]deployed{fulfill.deployed, intake.deployed}, others...) {
		put(f.title()+"Logs", f.logs.LogGroupName(), "log group of "+f.name)
	}
}
