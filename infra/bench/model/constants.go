// Package model computes what an AWS account does under a day of requests: which of its limits
// breaks first, how long requests wait, and what they cost. It needs no account and takes seconds.
//
// The calls of a request are in [Delivery], [Skip], [Upload] and [Announcement], and those of a
// library in [Reindex]; tests compare them with the calls that the real functions make. A [Day]
// holds requests, and [Simulate] runs them against the [Limits] of an account. Invariant: the
// same day gives the same figures.
//
//	day := model.NewDay(1000)
//	outcome := model.Simulate(day, model.Default(), 10_000)
package model

import (
	"masterhand/infra/settings"
	"masterhand/shared/request/fulfillment"
)

// The limits of an account.
const (
	// concurrency is how many invocations an account runs at a time in a region. A new account
	// has newConcurrency, until it is used more. Source:
	// docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the quota is L-B99A9384.
	concurrency    = 1000
	newConcurrency = 10
	// startsAtOnce and startRate bound the new environments of a function: 1,000 at once, refilled
	// by 1,000 in 10 s. Source: docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html.
	startsAtOnce = 1000
	startRate    = 100.0
	// partitionWrites is what one partition of a DynamoDB table or index takes, in write units a
	// second. Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html.
	partitionWrites = 1000.0
	// tableWrites is what a new on-demand table takes at once, in write units a second. Source:
	// docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html.
	tableWrites = 4000.0
	// prefixReads and prefixWrites are what S3 takes of a partitioned prefix a second, at the
	// least. The model counts each bucket as one prefix. Source:
	// docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
	prefixReads  = 5500.0
	prefixWrites = 3500.0
	// inFlight is how many messages of a queue may be received and not deleted; those that rest
	// between two tries count. Source:
	// docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html.
	inFlight = 120_000
	// cardBurst bytes pass Lambda's network card at once each way, then cardRate bytes a second.
	// AWS states neither: both are assumed. For measurements see "An Empirical Evaluation of Serverless
	// Cloud Infrastructure for Large-Scale Data Processing", arxiv.org/abs/2501.07771.
	cardBurst = 300 << 20
	cardRate  = 75 << 20
)

// Times, in seconds.
const (
	// s3Time is the time to the first byte of S3's answer. Source: "roughly 100–200 milliseconds"
	// in docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html.
	s3Time = 0.1
	// ledgerTime is the time of a read or write of DynamoDB. Source: "single-digit millisecond"
	// in docs.aws.amazon.com/amazondynamodb/latest/developerguide/Introduction.html.
	ledgerTime = 0.01
	// farTime is the time of a call across the internet, to the callback. It is assumed.
	farTime = 0.2
	// pollTime is how long Lambda's pollers wait for a message in one call of SQS, and pollers how
	// many there are for a queue. Source: docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html.
	pollTime = 20.0
	pollers  = 5
)

// What infra and the functions are set to. Tests in infra hold the numbers to the template.
const (
	Memory = 512 // MB of each function
	Alarms = 44
	Queues = 4
	// Metrics is about how many custom metrics there are, with one announcing platform. It is an
	// estimate, which no test counts.
	Metrics = 37
	Secrets = 2
	// ledgerCopies is the table and its three indexes, which each hold whole items.
	ledgerCopies = 4
	spreadShards = 8 // of an index key, with the setting spreadLedger
	parallel     = settings.LeastParallel
	// uploadRate is the rate of an upload, in bytes a second: what the functions reckon with.
	uploadRate = fulfillment.AssumedRate
	// IndexLag is how many seconds a request without a master waits for the index, and Lifetime how
	// many the platform waits for an end.
	IndexLag = 120.0
	Lifetime = 3600.0
	// logBytes is what a run logs: two lines of about 800 bytes each, and Lambda's own lines. It is an
	// estimate, which no test counts.
	logBytes = 4000
)
