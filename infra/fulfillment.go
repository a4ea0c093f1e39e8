package main

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	"masterhand/infra/settings"
	"masterhand/shared/kit/names"
)

// The functions that process requests. The gateway waits 300 s for an answer. Lambda allows a function
// to run for 900 s at most. With more memory, and so with more CPU, a function transfers a file faster:
// the benchmark measured 100, 198 and 321 MB/s at 512, 1,024 and 1,769 MB (infra/bench/results/shares.md).
// But that ends when the file has used up the burst of Lambda's network card, about 300 MiB: then the card
// passes about 79 MB/s at every memory size.
var (
	fulfillProgram = program{name: "fulfill", purpose: "answers the platform's webhooks", timeout: 295, memory: 512}
	finishProgram  = program{name: "finish", purpose: "settles requests that were handed off", timeout: 900, memory: 512}
	indexProgram   = program{name: "index", purpose: "keeps the index in step with the masters bucket", timeout: 300, memory: 512}

	programs = []program{fulfillProgram, finishProgram, indexProgram, intakeProgram, collectProgram, receiveProgram, widgetProgram}
)

// newFulfill deploys the function fulfill with its URL. Calls of the URL need no AWS credentials,
// because the function checks the webhook's signature.
func newFulfill(d deployment, s stores) receiver {
	f := d.deploy(fulfillProgram, s.fulfillment(d.config), d.config.Concurrency)
	s.openForFulfillment(f)
	s.finish.fillableBy(f)
	s.ledger.searchableBy(f, bySlot)
	return openToAll(f)
}

// newFinish deploys the function that settles handed-off requests, with Lambda's limit of 15
// minutes. Each minute the function also settles requests that are still open after their deadline. It
// reads only the hosts of the destinations and no signing secrets, because the function fulfill has
// verified the queued requests.
func newFinish(d deployment, s stores) deployed {
	f := d.deploy(finishProgram, s.fulfillment(d.config), 0)
	s.openForFulfillment(f)
	s.ledger.searchableBy(f, open)
	s.finish.feed(f)
	awsevents.NewRule(f.scope, new("EveryMinute"), &awsevents.RuleProps{
		Description: new("settles requests that are open after their deadline"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(new(1.0))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(f.alias, nil)},
	})
	// Lambda must not retry a scheduled call that failed or came late, because the call of the next minute
	// does the same work.
	f.alias.ConfigureAsyncInvoke(&awslambda.EventInvokeConfigOptions{
		RetryAttempts: new(0.0), MaxEventAge: awscdk.Duration_Minutes(new(1.0)),
	})
	return f
}

// newIndex deploys the function that maintains the index. It has no access to the secrets.
func newIndex(d deployment, s stores) deployed {
	env := s.objects(d.config)
	env[names.ReindexQueue] = s.reindex.live.QueueUrl()
	env[names.MetricsNamespace] = new(names.NamespaceOf(d.config.Name))
	f := d.deploy(indexProgram, env, 0)
	s.masters.readableBy(f)
	s.index.readableBy(f)
	s.index.writableBy(f)
	s.events.feed(f)
	s.reindex.feed(f)
	s.reindex.fillableBy(f)
	awsevents.NewRule(f.scope, new("LookAfter"), &awsevents.RuleProps{
		Description: new("reindexes small libraries with new settings, and reports libraries that wait"),
		Schedule:    awsevents.Schedule_Rate(awscdk.Duration_Minutes(new(1.0))),
		Targets:     &[]awsevents.IRuleTarget{awseventstargets.NewLambdaFunction(f.alias, nil)},
	})
	return f
}

// objects returns the environment variables that tell a function the masters bucket, the index
// bucket and the libraries.
func (s stores) objects(c settings.Config) environment {
	env := environment{
		names.MastersBucket: s.masters.bucket.BucketName(),
		names.IndexBucket:   s.index.bucket.BucketName(),
	}
	if libraries, told := c.Passed[names.Libraries]; told {
		env[names.Libraries] = &libraries
	}
	return env
}

// fulfillment returns the environment variables of a function that processes requests.
func (s stores) fulfillment(c settings.Config) environment {
	env := s.objects(c)
	maps.Copy(env, environment{
		names.LedgerTable:        s.ledger.table.TableName(),
		names.DestinationsSecret: s.destinations.SecretArn(),
		names.IndexQueue:         s.events.live.QueueUrl(),
		names.IndexDeadLetters:   s.events.dead.QueueUrl(),
		names.FinishQueue:        s.finish.live.QueueUrl(),
		names.MetricsNamespace:   new(names.NamespaceOf(c.Name)),
	})
	if c.SpreadLedger {
		env[names.LedgerSpread] = new("true")
	}
	return env
}

func (s stores) openForFulfillment(f deployed) {
	s.masters.readableBy(f)
	s.index.readableBy(f)
	s.index.writableBy(f)
	s.ledger.writableBy(f)
	s.destinations.readableBy(f)
	s.events.countableBy(f)
}
