package model

import "slices"

import (
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// Calls is what one or more requests use of an account.
type Calls struct {
	Runs    int     // invocations of functions
	Seconds float64 // running time of the invocations
	S3Reads int
	// S3Writes counts PUT, POST and LIST, which S3 charges alike.
	S3Writes int
	// Writes and Reads are DynamoDB's write and read units.
	Writes, Reads float64
	// Hot is how many write units of Writes go to one partition of an index that all requests
	// share.
	Hot       float64
	Queue     int   // SQS calls that functions make
	Messages  int   // messages that Lambda receives and deletes
	Events    int   // object events that EventBridge sends
	Secrets   int   // reads of Secrets Manager
	Delivered int64 // bytes that leave AWS
}

// Plus returns the sum of c and d.
func (c Calls) Plus(d Calls) Calls {
	return Calls{
		Runs: c.Runs + d.Runs, Seconds: c.Seconds + d.Seconds, S3Reads: c.S3Reads + d.S3Reads, S3Writes: c.S3Writes + d.S3Writes,
		Writes: c.Writes + d.Writes, Reads: c.Reads + d.Reads, Hot: c.Hot + d.Hot, Queue: c.Queue + d.Queue, Messages: c.Messages + d.Messages,
		Events: c.Events + d.Events, Secrets: c.Secrets + d.Secrets, Delivered: c.Delivered + d.Delivered,
	}
}

const (
	rangeSize = 4 << 20  // bytes of one read of a master, as in [transfer.Mover]
	partSize  = 16 << 20 // bytes of one part of an announced file, as [collect.PartSize]
	pageKeys  = 1000     // keys of one page of an S3 listing
)

// put returns the calls of one write of a request's item of at most 1 KB to the table and its
// indexes.
func put() Calls { return Calls{Writes: ledgerCopies, Hot: 1, Seconds: ledgerTime} }

// bigPut returns the calls of one write of an item over 1 KB: a handed-off request whose upload
// is recorded.
func bigPut() Calls { return Calls{Writes: 2 * ledgerCopies, Hot: 2, Seconds: ledgerTime} }

// get returns the calls of one consistent read of an item.
func get() Calls { return Calls{Reads: 1, Seconds: ledgerTime} }

// read returns the calls of n S3 reads in sequence, and list those of n pages of a listing.
func read(n int) Calls  { return Calls{S3Reads: n, Seconds: float64(n) * s3Time} }
func write(n int) Calls { return Calls{S3Writes: n, Seconds: float64(n) * s3Time} }
func list(n int) Calls  { return Calls{S3Writes: n, Seconds: float64(n) * s3Time} }

func sum(parts ...Calls) (all Calls) {
	for _, p := range parts {
		all = all.Plus(p)
	}
	return all
}

// together returns the sum of calls that run at the same time: their duration is that of the
// longest.
func together(parts ...Calls) Calls {
	all := sum(parts...)
	all.Seconds = 0
	for _, p := range parts {
		all.Seconds = max(all.Seconds, p.Seconds)
	}
	return all
}

// claimed returns the calls at the start of a webhook's run: it reads and claims the ledger's
// item, stores the names of the ads, and reads the creative's document.
func claimed() Calls {
	return sum(Calls{Runs: 1, Secrets: 1, Writes: 1}, get(), put(), read(1))
}

// resumed returns the calls at the start of a run of the queue's worker.
func resumed() Calls { return sum(Calls{Runs: 1, Messages: 1}, get(), put(), read(1)) }

// moved returns the calls to look at the master, record the decision and move the bytes. The
// first delivery of a master also writes its digest into the creative's document.
func moved(size int64, first bool) Calls {
	ranges := int((size + rangeSize - 1) / rangeSize)
	c := sum(read(2), put(), Calls{S3Reads: ranges, Seconds: s3Time + transferTime(size), Delivered: size})
	if first {
		c = c.Plus(write(1))
	}
	return c
}

// transferTime returns how many seconds a file's transfer takes, limited by the upload's rate or
// by Lambda's network card.
func transferTime(size int64) float64 { return max(float64(size)/uploadRate, cardTime(size)) }

// cardTime returns how many seconds a file needs to pass the network card, if nothing else is
// slower.
func cardTime(size int64) float64 { return float64(max(size-cardBurst, 0)) / cardRate }

// Delivery returns the calls of a request whose master exists. It includes the record of the
// upload and of the request's end.
func Delivery(size int64, first bool) Calls {
	return sum(claimed(), moved(size, first), put(), Calls{Seconds: farTime}, put())
}

// handedOff returns the calls of a webhook's run without a master: the run sees that the proof of
// absence must wait for the index, and leaves the request to the queue.
func handedOff(keys int) Calls {
	return sum(claimed(), foreseen(keys), Calls{Queue: 1}, put())
}

// retried returns the calls of a try by the queue's worker before the index has caught up. It
// reads the library's state and lists nothing.
func retried() Calls { return sum(resumed(), read(1), Calls{Queue: 1}, put()) }

// foreseen returns the calls to read the library's state and to list the keys for a proof of
// absence.
func foreseen(keys int) Calls { return sum(read(1), Listing(keys)) }

// Listing returns the listing calls of a proof of absence: of the whole library if it has at most
// 20,000 keys, otherwise of the keys that begin with the code. The unplaced keys are listed at
// the same time.
func Listing(keys int) Calls {
	const wholeKeys, labelFolders = 20_000, 4
	named := list(pages(keys))
	if keys > wholeKeys {
		const spellings, anchors, respelled = 1, 3, 3 // for a code such as HRT-1212
		named = sum(list(spellings), folders(anchors), read(respelled))
	}
	return together(named, folders(labelFolders))
}

// folders returns the calls to list n folders of unplaced keys at the same time.
func folders(n int) Calls { return together(slices.Repeat([]Calls{list(1)}, n)...) }

func pages(keys int) int { return max(1, (keys+pageKeys-1)/pageKeys) }

// skipped returns the calls of the try that proves absence and skips. The try first waits wait
// seconds for the index.
func skipped(keys int, wait float64) Calls {
	c := resumed()
	if wait > 0 {
		c = sum(c, read(1), Calls{S3Reads: polls(wait), Seconds: wait})
	}
	proof := sum(together(read(1), Calls{Queue: 2, Seconds: 2 * ledgerTime}), together(read(1), Listing(keys)))
	return sum(c, proof, put(), Calls{Seconds: farTime}, put())
}

// polls returns how often a run reads the creative's document during a wait of so many seconds:
// twice a second for two seconds, then less and less often, as fulfillment does.
func polls(wait float64) (n int) {
	for waited := 0.0; waited < wait; n++ {
		waited += min(max(waited/4, 0.5), 5)
	}
	return n
}

// Skip returns the calls of a request without a master, in a library with so many keys and an
// index lag of so many seconds.
func Skip(keys int, lag float64) Calls {
	c, early := handedOff(keys), retried()
	at := c.Seconds + firstTry
	for n := 1; lag-at > longestPoll; n++ {
		c = c.Plus(early)
		at += early.Seconds + retryDelay(n)
	}
	return c.Plus(skipped(keys, max(lag-at, 0)))
}

const (
	firstTry    = 2.0 // seconds by which handoff delays the first message
	longestPoll = 5.0 // longest wait for the index within a run, in seconds
)

// retryDelay returns about how many seconds pass between the queue's tries n and n+1.
func retryDelay(n int) float64 {
	return handoff.RetryDelay(n, fulfillment.Outcome{Code: fulfillment.CodeIndex}, time.Hour, 0.5).Seconds()
}

// Awaited returns the calls of a request that arrives before its master and is delivered at the
// queue's first try.
func Awaited(keys int, size int64) Calls { return sum(handedOff(keys), deliveredLate(size)) }

// deliveredLate returns the calls of the queue worker's run that delivers a request.
func deliveredLate(size int64) Calls {
	return sum(resumed(), moved(size, true), bigPut(), Calls{Seconds: farTime}, bigPut())
}

// Upload returns the calls to index a file that is uploaded alone.
func Upload() Calls {
	return sum(Calls{Runs: 1, Events: 1, Messages: 1},
		read(4), write(1), // reads the placement, the object, its tags and its first bytes; writes the placement
		read(3), write(1), // reads the document and the object again; writes the document
		write(1),          // writes the placement again
		read(2), write(1)) // reads the summary and the document; writes the summary
}

// Announcement returns the calls for a file that another platform announces, until it is in the
// bucket and not yet indexed.
func Announcement(size int64) Calls {
	parts := int((size + partSize - 1) / partSize)
	timeline := Calls{Writes: 4, Seconds: ledgerTime}
	return sum(
		Calls{Runs: 1, Secrets: 1, Queue: 1}, write(1), // intake stores the webhook
		Calls{Runs: 1, Messages: 1}, read(1), get(), get(), Calls{Writes: 2}, Calls{Writes: 1},
		get(), timeline, write(1+parts), get(), timeline, read(1), write(1), get(), timeline,
		Calls{Seconds: float64(size) / uploadRate},
	)
}
