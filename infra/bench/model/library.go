package model

// What a library is made of.
const (
	// ofCreative is how many masters a creative has, as the whole-library benchmark has them.
	ofCreative = 10
	// documentBytes and placementBytes are the sizes of an index document of ten masters, and of
	// the record of a master's placement; measured on the local system.
	documentBytes, placementBytes = 4200, 280

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
	r := Reindexing{Documents: ceil(masters, ofCreative), Batches: ceil(masters, batchKeys)}
	listing, sweeping := max(1, ceil(masters, stepPages*pageKeys)), sweeps(r.Documents)
	const draining, clearing = 1, 1
	r.Steps = listing + draining + sweeping + clearing
	r.Chain = float64(listing)*listTime + float64(sweeping)*sweepTime
	r.Working = float64(r.Batches) * batchTime / float64(atOnce)
	message := Calls{Runs: 1, Messages: 1, S3Reads: 2, S3Writes: 1} // reads the run and a count, and writes one
	r.Calls = sum(
		Calls{S3Reads: 3, S3Writes: 2}, // the run begins; its first step is sent, and after its last none is
		times(message, r.Steps), Calls{Queue: r.Steps, Seconds: r.Chain},
		times(Calls{S3Reads: 1, S3Writes: 1}, listing), // each step of listing writes down how it cuts batches
		Calls{S3Writes: pages(masters), Queue: ceil(r.Batches, sendBatch)},
		times(message, r.Batches), Calls{Seconds: float64(r.Batches) * batchTime},
		// A key's placement, the object with its tags, its first bytes; the placement, twice; the
		// object again before its document is written.
		times(Calls{S3Reads: 1 + 2 + 1 + 2, S3Writes: 2}, masters),
		times(Calls{S3Reads: 1, S3Writes: 1}, r.Documents),
		Calls{S3Reads: ceil(r.Batches, shardBatches)}, // all batches are counted
		Calls{S3Reads: r.Documents + 2*masters, S3Writes: max(1, ceil(r.Documents, sweepDocuments))},
		Calls{S3Reads: 2, S3Writes: 2}, // the unplaced keys are listed, and the library counts as built
	)
	return r
}

// listTime, batchTime and sweepTime are how long a step of listing, a batch, and a step that looks
// for what is gone take, in seconds. Of a batch, eight keys at a time make four reads and two
// writes, and each document is read and written, with its keys looked at in between.
const (
	listTime  = 8 * s3Time
	batchTime = (batchKeys/indexParallel*(4+1+1) + batchKeys/ofCreative*(2+2*2)) * s3Time
	sweepTime = (2*sweepKeys/sweepParallel + 3*sweepKeys/ofCreative/sweepDocuments) * s3Time
)

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
