package model

import "slices"

import (
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// Calls is what one or several requests take of an account.
type Calls struct {
	Runs    int     // of functions
	Seconds float64 // that they run
	S3Reads int
	// S3Writes are PUT, POST and LIST, which S3 charges alike.
	S3Writes int
	// Writes and Reads are DynamoDB's units.
	Writes, Reads float64
	// Hot is how many of Writes one partition takes of an index that all requests share.
	Hot       float64
	Queue     int   // calls of SQS by functions
	Messages  int   // that Lambda receives and deletes
	Events    int   // of objects, by EventBridge
	Secrets   int   // reads of secrets
	Delivered int64 // bytes that leave AWS
}

// Plus returns the sum of both.
func (c Calls) Plus(d Calls) Calls {
	return Calls{
		Runs: c.Runs + d.Runs, Seconds: c.Seconds + d.Seconds, S3Reads: c.S3Reads + d.S3Reads, S3Writes: c.S3Writes + d.S3Writes,
		Writes: c.Writes + d.Writes, Reads: c.Reads + d.Reads, Hot: c.Hot + d.Hot, Queue: c.Queue + d.Queue, Messages: c.Messages + d.Messages,
		Events: c.Events + d.Events, Secrets: c.Secrets + d.Secrets, Delivered: c.Delivered + d.Delivered,
	}
}

const (
	rangeSize = 4 << 20  // of one read of a master; [transfer.Mover] has it
	partSize  = 16 << 20 // of an announced file's parts; [collect.PartSize]
	pageKeys  = 1000     // of one page of S3's listings
)

// put is one write of a request's item to the table and its indexes. The item has at most 1 KB.
func put() Calls { return Calls{Writes: ledgerCopies, Hot: 1, Seconds: ledgerTime} }

// bigPut is put for an item of over 1 KB: one that was handed off, which says why, and uploaded.
func bigPut() Calls { return Calls{Writes: 2 * ledgerCopies, Hot: 2, Seconds: ledgerTime} }

// get is one consistent read of an item.
func get() Calls { return Calls{Reads: 1, Seconds: ledgerTime} }

// read is n reads of S3, one after the other, and list n pages of a listing.
func read(n int) Calls  { return Calls{S3Reads: n, Seconds: float64(n) * s3Time} }
func write(n int) Calls { return Calls{S3Writes: n, Seconds: float64(n) * s3Time} }
func list(n int) Calls  { return Calls{S3Writes: n, Seconds: float64(n) * s3Time} }

func sum(parts ...Calls) (all Calls) {
	for _, p := range parts {
		all = all.Plus(p)
	}
	return all
}

// together is calls that run at the same time: they take as long as the longest of them.
func together(parts ...Calls) Calls {
	all := sum(parts...)
	all.Seconds = 0
	for _, p := range parts {
		all.Seconds = max(all.Seconds, p.Seconds)
	}
	return all
}

// claimed is the beginning of a webhook's run: the ledger's item is read and claimed, the names
// of the ads are kept beside it, and the creative's document is read.
func claimed() Calls {
	return sum(Calls{Runs: 1, Secrets: 1, Writes: 1}, get(), put(), read(1))
}

// resumed is the beginning of a run of the queue's worker.
func resumed() Calls { return sum(Calls{Runs: 1, Messages: 1}, get(), put(), read(1)) }

// moved looks at the master, decides and moves its bytes. The first delivery of a master writes its
// digest into the creative's document.
func moved(size int64, first bool) Calls {
	ranges := int((size + rangeSize - 1) / rangeSize)
	c := sum(read(2), put(), Calls{S3Reads: ranges, Seconds: s3Time + transferTime(size), Delivered: size})
	if first {
		c = c.Plus(write(1))
	}
	return c
}

// transferTime is how long a file takes: as long as the upload, or Lambda's network card.
func transferTime(size int64) float64 { return max(float64(size)/uploadRate, cardTime(size)) }

// cardTime is how long a file takes through the network card, if nothing else is slower.
func cardTime(size int64) float64 { return float64(max(size-cardBurst, 0)) / cardRate }

// Delivery is a request whose master is there. The upload is noted, and the request settled.
func Delivery(size int64, first bool) Calls {
	return sum(claimed(), moved(size, first), put(), Calls{Seconds: farTime}, put())
}

// handedOff is the webhook's run of a request whose master is not there: it foresees that the
// proof of absence must wait for the index, and leaves the request to the queue.
func handedOff(keys int) Calls {
	return sum(claimed(), foreseen(keys), Calls{Queue: 1}, put())
}

// retried is a try of the queue's worker that comes too early. It reads the library's state, and
// lists nothing.
func retried() Calls { return sum(resumed(), read(1), Calls{Queue: 1}, put()) }

// foreseen reads the library's state and lists what a proof lists.
func foreseen(keys int) Calls { return sum(read(1), Listing(keys)) }

// Listing is the listings of a proof of absence: of the whole library where it has at most
// 20,000 keys, else of the keys that begin with the code. The keys that have no place are listed
// beside it.
func Listing(keys int) Calls {
	const wholeKeys, labelFolders = 20_000, 4
	named := list(pages(keys))
	if keys > wholeKeys {
		const spellings, anchors, respelled = 1, 3, 3 // of a code such as HRT-1212
		named = sum(list(spellings), folders(anchors), read(respelled))
	}
	return together(named, folders(labelFolders))
}

// folders is the listings of n folders of the list of unplaced keys, at the same time.
func folders(n int) Calls { return together(slices.Repeat([]Calls{list(1)}, n)...) }

func pages(keys int) int { return max(1, (keys+pageKeys-1)/pageKeys) }

// skipped is the try that proves absence. wait is how long it waits for the index before.
func skipped(keys int, wait float64) Calls {
	c := resumed()
	if wait > 0 {
		c = sum(c, read(1), Calls{S3Reads: polls(wait), Seconds: wait})
	}
	proof := sum(together(read(1), Calls{Queue: 2, Seconds: 2 * ledgerTime}), together(read(1), Listing(keys)))
	return sum(c, proof, put(), Calls{Seconds: farTime}, put())
}

// polls is how often a run reads the creative's document anew while it waits: twice a second for
// two seconds, then less and less often, as fulfillment does.
func polls(wait float64) (n int) {
	for waited := 0.0; waited < wait; n++ {
		waited += min(max(waited/4, 0.5), 5)
	}
	return n
}

// Skip is a request whose master is not there, in a library of so many keys, where the index lags
// by so many seconds.
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
	firstTry    = 2.0 // seconds for which handoff delays a message
	longestPoll = 5.0 // seconds that a run waits for the index itself
)

// retryDelay is how many seconds pass between the queue's tries n and n+1, about.
func retryDelay(n int) float64 {
	return handoff.RetryDelay(n, fulfillment.Outcome{Code: fulfillment.CodeIndex}, time.Hour, 0.5).Seconds()
}

// Awaited is a request that comes before its master, which the queue's first try delivers.
func Awaited(keys int, size int64) Calls { return sum(handedOff(keys), deliveredLate(size)) }

// deliveredLate is the run of the queue's worker that delivers.
func deliveredLate(size int64) Calls {
	return sum(resumed(), moved(size, true), bigPut(), Calls{Seconds: farTime}, bigPut())
}

// Upload is what indexing takes for a file that is put into the bucket alone.
func Upload() Calls {
	return sum(Calls{Runs: 1, Events: 1, Messages: 1},
		read(4), write(1), // the key's placement, the object, its tags, its first bytes; the placement
		read(3), write(1), // the document, and the object again; the document
		write(1),          // the placement
		read(2), write(1)) // the summary and the document; the summary
}

// Announcement is a file that another platform announces, before it is indexed.
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
