package model

// What a library is made of.
const (
	// ofCreative is how many masters a creative has, as the whole-library benchmark has them.
	ofCreative = 10
	// documentBytes and placementBytes are the sizes of an index document of ten masters, and of
	// the record of a master's placement; measured on the local system.
	documentBytes, placementBytes = 4500, 450

	batchKeys      = 100 // keys of a message of a reindex
	stepPages      = 5   // pages that a step of a reindex lists
	sendBatch      = 10  // messages of one call of SQS
	shardBatches   = 256 // batches that one document counts
	sweepKeys      = 4000
	sweepDocuments = 64 // of one page of documents
	indexParallel  = 8  // keys of a batch that are worked at once
	sweepParallel  = 32
	refreshMinutes = 5
	retention      = 4 * 24 * 3600.0 // seconds that a message of a reindex lives
	indexTimeout   = 300.0           // seconds that a run of index may take
)

// Reindexing is what it takes to index a library whole.
type Reindexing struct {
	Documents int // of the index
	Batches   int
	Steps     int   // runs of the chain, without those that wait for batches
	Calls     Calls // all of it
	// Working is for how long batches are worked at the setting's number at a time, and Chain how
	// long the steps take that come before and after, in seconds.
	Working, Chain float64
}

// Lost reports whether the last batches wait for longer than the queue keeps them.
func (r Reindexing) Lost() bool { return r.Working > retention }

// AtLeast returns the setting reindexConcurrency with which no batch waits for longer than a day.
func (r Reindexing) AtLeast() int {
	return max(parallel, int(r.Working*parallel/(24*3600)+1))
}

// Reindex returns what it takes to index so many masters, with so many batches at a time.
func Reindex(masters, atOnce int) Reindexing {
	r := Reindexing{
		Documents: ceil(masters, ofCreative), Batches: ceil(masters, batchKeys),
	}
	listing := max(1, ceil(masters, stepPages*pageKeys))
	sweeping := sweeps(r.Documents)
	const clearing, draining = 1, 1
	r.Steps = listing + draining + sweeping + clearing
	tallies := ceil(r.Batches, shardBatches)

	// A key: its placement, the object and its tags, its first bytes, the placement twice, and
	// the object again before its document is written.
	key := Calls{S3Reads: 1 + 2 + 1 + 2, S3Writes: 2}
	document := Calls{S3Reads: 1, S3Writes: 1} // of each batch that has keys of it
	batch := sum(Calls{Runs: 1, Messages: 1, S3Reads: 2, S3Writes: 1}, times(key, batchKeys), times(document, batchKeys/ofCreative))
	batch.Seconds = batchTime
	step := Calls{Runs: 1, Messages: 1, S3Reads: 2, S3Writes: 1, Queue: 1}

	calls := sum(
		Calls{S3Reads: 3, S3Writes: 2, Queue: 1}, // the run begins
		times(step, r.Steps),
		Calls{S3Writes: pages(masters), S3Reads: listing}, Calls{S3Writes: listing, Queue: ceil(r.Batches, sendBatch)},
		times(key, masters), times(document, r.Documents), times(Calls{Runs: 1, Messages: 1, S3Reads: 2, S3Writes: 1, Seconds: batchTime}, r.Batches),
		Calls{S3Reads: tallies}, // the draining
		Calls{S3Writes: max(1, ceil(r.Documents, sweepDocuments)), S3Reads: r.Documents + 2*masters},
		Calls{S3Writes: 2, S3Reads: 2}, // the unplaced keys are listed, and the library counts as built
	)
	stepTime := 8 * s3Time
	sweepTime := 2*sweepKeys/sweepParallel*s3Time + sweepKeys/ofCreative/sweepDocuments*3*s3Time
	calls.Seconds += float64(listing)*stepTime + float64(sweeping)*sweepTime
	r.Calls = calls
	r.Working = float64(r.Batches) * batchTime / float64(atOnce)
	r.Chain = float64(listing)*stepTime + float64(sweeping)*sweepTime
	return r
}

// batchTime is how long a batch of a reindex takes: eight keys at a time make four reads, two
// writes and two reads more, and each document is read and written by itself.
const batchTime = batchKeys/indexParallel*(4+1+1)*s3Time + batchKeys/ofCreative*(2+2*2)*s3Time

// sweeps is how many steps look for what is gone: each stops after the page with which it has
// looked at enough.
func sweeps(documents int) int {
	const ofPage = sweepDocuments * (1 + ofCreative)
	return max(1, ceil(documents, ceil(sweepKeys, ofPage)*sweepDocuments))
}

// Refresh is the comparison of a library's summary with its documents, every five minutes.
func Refresh(masters int) Calls {
	return sum(read(1), list(pages(ceil(masters, ofCreative))))
}

func times(c Calls, n int) (all Calls) {
	return Calls{
		Runs: c.Runs * n, Seconds: c.Seconds * float64(n), S3Reads: c.S3Reads * n, S3Writes: c.S3Writes * n,
		Writes: c.Writes * float64(n), Reads: c.Reads * float64(n), Queue: c.Queue * n, Messages: c.Messages * n,
	}
}

func ceil(n, by int) int { return (n + by - 1) / by }
