package model

import "slices"

import (
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// Calls holds what one or more requests cause in an account: numbers of calls of AWS services, the
// running time of functions, and bytes.
type Calls struct {
	Runs    int     // number of function invocations
	Seconds float64 // total running time of the invocations, in seconds
	S3Reads int
	// S3Writes is the number of PUT, POST and LIST requests, which have one price in S3.
	S3Writes int
	// Writes and Reads are the numbers of DynamoDB's write units and read units.
	Writes, Reads float64
	// Open and Day are the parts of Writes that go to one partition of a ledger index: to the
	// partition of the index "open" with all open requests, and to that of the index "day" with all
	// requests of the day.
	Open, Day float64
	Queue     int // number of SQS calls that the functions make; Lambda's own SQS calls are not counted
	Messages  int // number of messages that Lambda receives for the functions and deletes
	Events    int // number of object events that EventBridge sends
	// Secrets is the number of reads of Secrets Manager. Each execution environment reads the secret
	// at most once a minute. The model assumes that each run of the functions fulfill and intake
	// reads it, and that the run of finish that ends a request reads it. So it assumes too many reads
	// for a busy environment.
	Secrets   int
	Delivered int64 // number of bytes that leave AWS
}

// Plus returns the sums of the fields of c and d.
func (c Calls) Plus(d Calls) Calls {
	return Calls{
		Runs: c.Runs + d.Runs, Seconds: c.Seconds + d.Seconds, S3Reads: c.S3Reads + d.S3Reads, S3Writes: c.S3Writes + d.S3Writes,
		Writes: c.Writes + d.Writes, Reads: c.Reads + d.Reads, Open: c.Open + d.Open, Day: c.Day + d.Day, Queue: c.Queue + d.Queue, Messages: c.Messages + d.Messages,
		Events: c.Events + d.Events, Secrets: c.Secrets + d.Secrets, Delivered: c.Delivered + d.Delivered,
	}
}

const (
	rangeSize = 4 << 20  // number of bytes of a master that one S3 read returns, as in [transfer.Mover]
	partSize  = 16 << 20 // size in bytes of one part when an announced file is uploaded, as [collect.PartSize]
	pageKeys  = 1000     // maximum number of keys on one page of an S3 listing
)

// put returns the calls of one write of a request's item to the ledger's table and indexes. The
// item has at most 1 KB.
func put() Calls { return Calls{Writes: ledgerCopies, Open: 1, Day: 1, Seconds: ledgerTime} }

// bigPut returns the calls of one write of a request's item of over 1 KB. The item of a handed-off
// request exceeds 1 KB as soon as the request's upload is recorded in it.
func bigPut() Calls {
	return Calls{Writes: 2 * ledgerCopies, Open: 2, Day: 2, Seconds: ledgerTime}
}

// get returns the calls of one strongly consistent read of an item of the ledger.
func get() Calls { return Calls{Reads: 1, Seconds: ledgerTime} }

// read returns the calls of n S3 reads, one after another. write returns those of n S3 writes, and
// list returns those of n pages of an S3 listing.
func read(n int) Calls  { return Calls{S3Reads: n, Seconds: float64(n) * s3Time} }
func write(n int) Calls { return Calls{S3Writes: n, Seconds: float64(n) * s3Time} }
func list(n int) Calls  { return Calls{S3Writes: n, Seconds: float64(n) * s3Time} }

func sum(parts ...Calls) (all Calls) {
	for _, p := range parts {
		all = all.Plus(p)
	}
	return all
}

// together returns the sum of calls that run at the same time. The duration of the sum is the
// duration of the longest call.
func together(parts ...Calls) Calls {
	all := sum(parts...)
	all.Seconds = 0
	for _, p := range parts {
		all.Seconds = max(all.Seconds, p.Seconds)
	}
	return all
}

// claimed returns the calls with which the function fulfill begins to handle a webhook: it reads
// and claims the request's item in the ledger, stores the names of the ads, and reads the
// creative's index document.
func claimed() Calls {
	return sum(Calls{Runs: 1, Secrets: 1, Writes: 1}, get(), put(), read(1))
}

// resumed returns the calls with which the function finish begins to handle a message of its queue.
func resumed() Calls {
	return sum(Calls{Runs: 1, Messages: 1}, get(), put(), read(1))
}

// moved returns the calls that read the master's properties, record the decision, and move the
// master's bytes. The parameter first says that the master is delivered for the first time. In that
// case its digest is also written into the creative's index document.
func moved(size int64, first bool) Calls {
	ranges := int((size + rangeSize - 1) / rangeSize)
	c := sum(read(2), put(), Calls{S3Reads: ranges, Seconds: s3Time + transferTime(size), Delivered: size})
	if first {
		c = c.Plus(write(1))
	}
	return c
}

// transferTime returns how many seconds the transfer of a file takes.
func transferTime(size int64) float64 { return float64(size) / uploadRate }

// Delivery returns the calls of a request whose master of size bytes exists, and of the platform's
// result. first says that no earlier request has delivered the master.
func Delivery(size int64, first bool) Calls { return sum(delivered(size, first), resulted()) }

// delivered returns the calls of the run of the function fulfill that delivers a master. They
// include the two ledger writes that record the upload and the end of the request.
func delivered(size int64, first bool) Calls {
	return sum(claimed(), moved(size, first), put(), Calls{Seconds: farTime}, put())
}

// resulted returns the calls of the function fulfill for the webhook with a request's result. The
// platform sends this webhook after every end of a request: video.source_fulfilled after a
// delivery, _rejected after a skip, and _timeout after the deadline. The function queries the
// slot's requests, and reads the request, the item of an equal result that matched no request, and
// the request again. It then stores the result in the request's item, which then exceeds 1 KB. The
// request has ended, so the index "open" does not contain it any more.
//
// The calls for a rejection of delivered bytes are not included. They also change an index document.
func resulted() Calls {
	const query = 0.5 // read units: a query is eventually consistent, and a slot's requests have at most 4 KB
	return sum(Calls{Runs: 1, Secrets: 1, Reads: query, Seconds: ledgerTime}, get(), get(), get(),
		Calls{Writes: 2 * (ledgerCopies - 1), Day: 2, Seconds: ledgerTime})
}

// handedOff returns the calls of the function fulfill for a request without a master. The proof of
// absence must wait for the index, so fulfill hands the request off to the queue.
func handedOff(keys int) Calls {
	return sum(claimed(), foreseen(keys), Calls{Queue: 1}, put())
}

// retried returns the calls of one try by the function finish while the index is not up to date.
// Such a try only reads the library's state, and lists no keys.
func retried() Calls { return sum(resumed(), read(1), Calls{Queue: 1}, put()) }

// foreseen returns the calls with which the function fulfill prepares a proof of absence: it reads
// the library's state and lists the keys.
func foreseen(keys int) Calls { return sum(read(1), Listing(keys)) }

// Listing returns the calls that list keys for a proof of absence. If the library has at most
// 20,000 keys, all keys are listed; otherwise only the keys that begin with the code. The unplaced
// keys are listed at the same time.
func Listing(keys int) Calls {
	const wholeKeys, labelFolders = 20_000, 4
	named := list(pages(keys))
	if keys > wholeKeys {
		// For a code such as HRT-1212, these constants are: the number of listings of keys that
		// begin with the code; the number of listed folders of unplaced keys; and the number of
		// index documents that are read for other spellings of the code, such as HRT1212.
		const spellings, anchors, respelled = 1, 3, 3
		named = sum(list(spellings), folders(anchors), read(respelled))
	}
	return together(named, folders(labelFolders))
}

// folders returns the calls that list n folders with unplaced keys at the same time.
func folders(n int) Calls { return together(slices.Repeat([]Calls{list(1)}, n)...) }

func pages(keys int) int { return max(1, (keys+pageKeys-1)/pageKeys) }

// skipped returns the calls of the run of the function finish that proves absence and skips the
// request. Before the proof, this run waits for the index. The parameter wait is the time of this
// wait in seconds.
func skipped(keys int, wait float64) Calls {
	c := sum(resumed(), Calls{Secrets: 1})
	if wait > 0 {
		c = sum(c, read(1), Calls{S3Reads: polls(wait), Seconds: wait})
	}
	proof := sum(together(read(1), Calls{Queue: 2, Seconds: 2 * ledgerTime}), together(read(1), Listing(keys)))
	return sum(c, proof, put(), Calls{Seconds: farTime}, put())
}

// polls returns how often one run reads the creative's index document while it waits for the index
// for wait seconds. As in package fulfillment, it reads twice a second for two seconds, and then
// less and less often.
func polls(wait float64) (n int) {
	for waited := 0.0; waited < wait; n++ {
		waited += min(max(waited/4, 0.5), 5)
	}
	return n
}

// Skip returns the calls of a request without a master, and of the platform's result. keys is the
// size of the library, and lag is the index lag in seconds.
func Skip(keys int, lag float64) Calls {
	c, early := handedOff(keys), retried()
	at := c.Seconds + firstTry
	for n := 1; lag-at > longestPoll; n++ {
		c = c.Plus(early)
		at += early.Seconds + retryDelay(n)
	}
	return sum(c, skipped(keys, max(lag-at, 0)), resulted())
}

const (
	firstTry    = 2.0 // seconds until the first message of a handed-off request becomes visible in the queue
	longestPoll = 5.0 // longest time in seconds for which one run waits for the index
)

// retryDelay returns about how many seconds pass between the runs n and n+1 of the function finish
// for one message of its queue.
func retryDelay(n int) float64 {
	return handoff.RetryDelay(n, fulfillment.Outcome{Code: fulfillment.CodeIndex}, time.Hour, 0.5).Seconds()
}

// Awaited returns the calls of a request that arrives before its master, and of the platform's
// result. The first run of the function finish for this request delivers the master.
func Awaited(keys int, size int64) Calls {
	return sum(handedOff(keys), deliveredLate(size), resulted())
}

// deliveredLate returns the calls of the run of the function finish that delivers a handed-off
// request.
func deliveredLate(size int64) Calls {
	return sum(resumed(), Calls{Secrets: 1}, moved(size, true), bigPut(), Calls{Seconds: farTime}, bigPut())
}

// Upload returns the calls that index one uploaded file.
func Upload() Calls {
	return sum(Calls{Runs: 1, Events: 1, Messages: 1},
		read(4), write(1), // reads the stored placement, and the object with tags and first bytes; writes the placement
		read(3), write(1), // reads the creative's index document, and the object again; writes the document
		write(1),          // writes the placement a second time, after it wrote the index document
		read(2), write(1)) // reads the library's summary and the creative's index document; writes the summary
}

// Announcement returns the calls that bring a file that another platform announces into the masters
// bucket. The calls that then index the file are not included.
func Announcement(size int64) Calls {
	parts := int((size + partSize - 1) / partSize)
	timeline := Calls{Writes: 4, Seconds: ledgerTime}
	return sum(
		// the calls of the function intake, which stores the announcement
		Calls{Runs: 1, Secrets: 1, Queue: 1}, write(1),
		Calls{Runs: 1, Messages: 1}, read(1), get(), get(), Calls{Writes: 2}, Calls{Writes: 1},
		get(), timeline, write(1+parts), get(), timeline, read(1), write(1), get(), timeline,
		Calls{Seconds: float64(size) / uploadRate},
	)
}
