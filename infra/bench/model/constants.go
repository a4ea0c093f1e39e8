// Package model computes how an AWS account behaves under a day of requests: which limit is
// reached first, how long requests wait, and what they cost. It needs no account and takes
// seconds.
//
// [Delivery], [Skip], [Upload] and [Announcement] return the calls of one request, and [Reindex]
// those of indexing a library; tests compare them with the calls of the real functions. [NewDay]
// returns requests, and [Simulate] runs them against the [Limits] of an account. Invariant: the
// same day gives the same figures.
//
//	day := model.NewDay(1000)
//	outcome := model.Simulate(day, model.Default(), 10_000)
package model

import (
	"masterhand/infra/settings"
	"masterhand/shared/request/fulfillment"
)

// The limits of an account, with their sources.
const (
	// concurrency is how many invocations an account may run at the same time in a region. A new
	// account has newConcurrency until its use has grown. Source:
	// docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the quota is L-B99A9384.
	concurrency    = 1000
	newConcurrency = 10
	// startsAtOnce and startRate limit the new environments of a function: 1,000 at once, and
	// 1,000 more every 10 s. Source: docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html.
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
	// prefixReads and prefixWrites are the least that S3 serves per second for a partitioned
	// prefix. The model counts each bucket as one prefix. Source:
	// docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
	prefixReads  = 5500.0
	prefixWrites = 3500.0
	// inFlight is how many messages of a queue may be received but not yet deleted, including
	// messages that wait for their next try. Source:
	// docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html.
	inFlight = 120_000
	// cardBurst is how many bytes pass Lambda's network card at once in each direction, and
	// cardRate how many bytes per second after that. AWS states neither: both are assumed. For
	// measurements see "An Empirical Evaluation of Serverless Cloud Infrastructure for
	// Large-Scale Data Processing", arxiv.org/abs/2501.07771.
	cardBurst = 300 << 20
	cardRate  = 75 << 20
)

// The durations of calls, in seconds.
const (
	// s3Time is the time until S3's first byte. Source: "roughly 100–200 milliseconds" in
	// docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
	s3Time = 0.1
	// ledgerTime is the time of a read or write of DynamoDB. Source: "single-digit millisecond"
	// in docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html.
	ledgerTime = 0.01
	// farTime is the assumed time of a callback across the internet.
	farTime = 0.2
	// pollTime is how long one of Lambda's pollers waits for a message in an SQS call, and
	// pollers is how many poll a queue. Source:
	// docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html.
	pollTime = 20.0
	pollers  = 5
)

// The settings of infra and of the functions. Tests in infra compare these numbers with the
// template.
const (
	Memory = 512 // memory of each function in MB
	Alarms = 44
	Queues = 4
	// Metrics is the approximate number of custom metrics with one announcing platform. It is an
	// estimate that no test checks.
	Metrics = 37
	Secrets = 2
	// ledgerCopies counts the table and its three indexes, each of which stores whole items.
	ledgerCopies = 4
	spreadShards = 8 // shards of an index key, with the setting spreadLedger
	parallel     = settings.LeastParallel
	// uploadRate is the assumed rate of an upload in bytes per second, the same as in the
	// functions.
	uploadRate = fulfillment.AssumedRate
	// IndexLag is how many seconds a request without a master waits for the index. Lifetime is
	// how many seconds the platform waits for an answer.
	IndexLag = 120.0
	Lifetime = 3600.0
	// logBytes is the size of a run's log: two lines of about 800 bytes each, and Lambda's own
	// lines. It is an estimate that no test checks.
	logBytes = 4000
)
