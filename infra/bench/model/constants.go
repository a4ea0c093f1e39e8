// Package model computes how an AWS account behaves under a day of requests: which limit
// breaks first, how long requests wait, and what they cost. It needs no account and takes
// seconds.
//
// [Delivery], [Skip], [Upload] and [Announcement] return the calls of one request, and [Reindex]
// those of indexing a library; tests compare them with the calls of the real functions. [NewDay]
// returns requests, and [Simulate] runs them against the [Limits] of an account. [Grow] simulates
// ever larger days until one breaks the account. Invariant: the same day gives the same figures.
//
//	day := model.NewDay(1000)
//	outcome := model.Simulate(day, model.Default(), 10_000)
package model

import (
	"masterhand/infra/settings"
	"masterhand/shared/request/fulfillment"
)

// The limits of an AWS account. The comment of each limit names its source.
const (
	// concurrency is how many invocations an account may run at the same time in a region. A new
	// account has newConcurrency until its use has grown. Source:
	// docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the quota is L-B99A9384.
	concurrency    = 1000
	newConcurrency = 10
	// startsAtOnce and startRate limit how many new execution environments of a function start:
	// 1,000 at once, and then 1,000 every 10 s. Source:
	// docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html.
	startsAtOnce = 1000
	startRate    = 100.0
	// partitionWrites is the limit of one partition of a DynamoDB table or index, in write units
	// per second. Source:
	// docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html.
	partitionWrites = 1000.0
	// tableWrites is the initial limit of a new on-demand table, in write units per second.
	// Source:
	// docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html.
	tableWrites = 4000.0
	// prefixReads and prefixWrites are numbers of requests per second. S3 serves at least that many
	// for each key prefix. The model treats each bucket as one prefix. Source:
	// docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
	prefixReads  = 5500.0
	prefixWrites = 3500.0
	// inFlight is how many messages of one queue may be in flight: received but not yet deleted.
	// Messages that wait for their next try are also in flight. Source:
	// docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html.
	inFlight = 120_000
)

// The durations of calls in seconds.
const (
	// s3Time is the time until the first byte of an answer from S3. Source: "roughly 100–200
	// milliseconds" in docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
	s3Time = 0.1
	// ledgerTime is the duration of one read or write of DynamoDB. Source: "single-digit
	// millisecond" in docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html.
	ledgerTime = 0.01
	// farTime is the assumed duration of a callback to the platform over the internet.
	farTime = 0.2
	// resultTime is the assumed time from the end of a request until the webhook with its result
	// arrives.
	resultTime = 1.0
	// pollTime is how many seconds one of Lambda's pollers waits for a message in each SQS call.
	// pollers is how many pollers read one queue. Source:
	// docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html.
	pollTime = 20.0
	pollers  = 5
)

// The settings of the deployment and of the functions. Tests in infra compare these numbers with
// the stack's template.
const (
	Memory = 512 // memory setting of each function in MB
	// AlarmMetrics is the number of metrics of all alarms. AWS charges for each metric of an alarm.
	AlarmMetrics = 48
	Queues       = 4
	// Metrics is the approximate number of custom metrics of a deployment with one announcing
	// platform. It is an estimate: no test checks it.
	Metrics = 37
	Secrets = 2
	// ledgerCopies is how often DynamoDB stores each item of the ledger: in the table and in its
	// three indexes.
	ledgerCopies = 4
	spreadShards = 8 // number of partitions of each key of a ledger index if the setting spreadLedger is on
	parallel     = settings.LeastParallel
	// uploadRate is the assumed speed of an upload in bytes per second. The functions assume the
	// same speed. In the model nothing else limits a transfer. In particular, Lambda's network card
	// is faster: it lets 300 MiB pass at once in each direction, and then 75 MiB per second. AWS does
	// not state these numbers. Others measured them: "An Empirical Evaluation of Serverless Cloud
	// Infrastructure for Large-Scale Data Processing", arxiv.org/abs/2501.07771.
	uploadRate = fulfillment.AssumedRate
	// IndexLag is how many seconds a request without a master must wait for the index. Lifetime is
	// how many seconds the platform waits for the end of a request.
	IndexLag = 120.0
	Lifetime = 3600.0
	// LogBytes is the number of bytes that one run logs: two lines of about 800 bytes each, and
	// Lambda's own lines. It is an estimate: no test checks it.
	LogBytes = 4000
)
