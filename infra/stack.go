package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// newStack describes a whole deployment.
func newStack(scope constructs.Construct, c settings.Config, b binaries) awscdk.Stack {
	limits, _ := boundary(scope.Node().TryGetContext(new(boundaryKey))) // main has reported a mistake
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

// deployment is what is told to every part of the stack.
type deployment struct {
	stack    awscdk.Stack
	config   settings.Config
	binaries binaries
	alarms   alarms
}

// stores are what the functions work on.
type stores struct {
	masters      mastersBucket
	index        indexBucket
	ledger       ledgerTable
	destinations secret // who may ask, and with which secrets
	events       queue  // object events
	reindex      queue  // what indexing whole libraries takes
	finish       queue  // requests handed off
	intake       intake
	doors        openDoors
}

func (s stores) queues() []queue {
	return append([]queue{s.events, s.reindex, s.finish, s.intake.queue}, s.doors.queues()...)
}

// removal is what becomes of data when the stack is deleted. A first deployment that fails leaves
// nothing behind. The stack itself has no termination protection: CDK could not delete what a
// failed first deployment leaves, and so could not repeat it.
func removal(c settings.Config) awscdk.RemovalPolicy {
	if c.Keep {
		return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	return awscdk.RemovalPolicy_DESTROY
}

// outputs are what commands and people need to find the parts.
func outputs(stack awscdk.Stack, c settings.Config, s stores, fulfill, intake receiver, others ...deployed) {
	put := func(name string, value *string, what string) {
		awscdk.NewCfnOutput(stack, &name, &awscdk.CfnOutputProps{Value: value, Description: &what})
	}
	record, _ := c.Record().MarshalText() // cannot fail: it is a map of texts
	put(settings.Output, new(string(record)), "what this deployment was told; masterhand deploy compares the next one with it")
	put("Url", fulfill.url.Url(), "where the platform sends its webhooks")
	put("MastersBucket", s.masters.bucket.BucketName(), "where masters are put")
	put("IndexBucket", s.index.bucket.BucketName(), "index documents")
	put("LedgerTable", s.ledger.table.TableName(), "requests and how they ended")
	put("DestinationsSecret", s.destinations.SecretArn(), "who may ask, and with which secrets")
	put("IntakeUrl", intake.url.Url(), "where other platforms send their webhooks, with sender and token behind it")
	put("IntakeBucket", s.intake.records.bucket.BucketName(), "their webhooks as they came")
	put("IntakeSecret", s.intake.senders.SecretArn(), "their tokens")
	put("NoticeTopic", s.intake.notices.TopicArn(), "where their failed builds, jobs and screenshots are told; subscribe to it")
	for _, q := range s.queues() {
		put(q.name+"QueueUrl", q.live.QueueUrl(), q.purpose)
		put(q.name+"DeadLettersUrl", q.dead.QueueUrl(), "dead letters of "+q.purpose)
	}
	for _, f := range append([]deployed{fulfill.deployed, intake.deployed}, others...) {
		put(f.title()+"Logs", f.logs.LogGroupName(), "log group of "+f.name)
	}
}
