package model

// The sizes of a library's parts and of a reindex.
const (
	// ofCreative is the number of masters of each creative, the same as in the whole-library
	// benchmark.
	ofCreative = 10
	// documentBytes is the size of an index document with ten masters, placementBytes the size of
	// a master's placement, both measured on the local system.
	documentBytes, placementBytes = 4200, 280

	batchKeys      = 100 // keys in a batch of a reindex
	stepPages      = 5   // pages that one listing step lists
	sendBatch      = 10  // messages in one SQS call
	shardBatches   = 256 // batches that one document counts
	sweepKeys      = 4000
	sweepDocuments = 64 // documents in one page of a sweep
	indexParallel  = 8  // keys of a batch that are processed at the same time
	sweepParallel  = 32
	refreshMinutes = 5
	retention      = 4 * 24 * 3600.0 // seconds until the queue discards a message of a reindex
	indexTimeout   = 300.0           // timeout of a run of index in seconds
)

// Reindexing is what indexing a whole library uses and how long it takes.
type Reindexing struct {
	Documents int // number of index documents
	Batches   int
	Steps     int   // runs for steps, without those that wait for batches
	Calls     Calls // the calls of the whole reindex
	// Working is how many seconds the batches take at the configured concurrency. Chain is how
	// many seconds the steps before and after take.
	Working, Chain float64
}

// Lost reports whether the last batches would wait longer than the queue keeps messages.
func (r Reindexing) Lost() bool { return r.Working > retention }

// AtLeast returns the setting reindexConcurrency with which no batch waits longer than a day.
func (r Reindexing) AtLeast() int {
	return max(parallel, int(r.Working*parallel/(24*3600)+1))
}

// Reindex returns what indexing so many masters uses, with atOnce batches at the same time.
func Reindex(masters, atOnce int) Reindexing {
	r := Reindexing{Documents: ceil(masters, ofCreative), Batches: ceil(masters, batchKeys)}
	listing, sweeping := max(1, ceil(masters, stepPages*pageKeys)), sweeps(r.Documents)
	const draining, clearing = 1, 1
	r.Steps = listing + draining + sweeping + clearing
	r.Chain = float64(listing)*listTime + float64(sweeping)*sweepTime
	r.Working = float64(r.Batches) * batchTime / float64(atOnce)
	message := Calls{Runs: 1, Messages: 1, S3Reads: 2, S3Writes: 1} // each reads the run and a count, and writes one
	r.Calls = sum(
		Calls{S3Reads: 3, S3Writes: 2}, // the run begins and its first step is sent; the last step sends none
		times(message, r.Steps), Calls{Queue: r.Steps, Seconds: r.Chain},
		times(Calls{S3Reads: 1, S3Writes: 1}, listing), // each listing step stores its plan
		Calls{S3Writes: pages(masters), Queue: ceil(r.Batches, sendBatch)},
		times(message, r.Batches), Calls{Seconds: float64(r.Batches) * batchTime},
		// For each master: reads the placement, the object with its tags and the first bytes,
		// writes the placement twice, and reads the object again before its document is written.
		times(Calls{S3Reads: 1 + 2 + 1 + 2, S3Writes: 2}, masters),
		times(Calls{S3Reads: 1, S3Writes: 1}, r.Documents),
		Calls{S3Reads: ceil(r.Batches, shardBatches)}, // the check that all batches are counted
		Calls{S3Reads: r.Documents + 2*masters, S3Writes: max(1, ceil(r.Documents, sweepDocuments))},
		Calls{S3Reads: 2, S3Writes: 2}, // lists the unplaced keys and marks the library as built
	)
	return r
}

// listTime, batchTime and sweepTime are the seconds of a listing step, of a batch, and of a
// sweeping step. In a batch, eight keys at the same time make four reads and two writes each.
// Each document is read, its keys are looked at, and it is written.
const (
	listTime  = 8 * s3Time
	batchTime = (batchKeys/indexParallel*(4+1+1) + batchKeys/ofCreative*(2+2*2)) * s3Time
	sweepTime = (2*sweepKeys/sweepParallel + 3*sweepKeys/ofCreative/sweepDocuments) * s3Time
)

// sweeps returns the number of sweeping steps. A step stops after the page at which it has looked
// at enough keys.
func sweeps(documents int) int {
	const ofPage = sweepDocuments * (1 + ofCreative)
	return max(1, ceil(documents, ceil(sweepKeys, ofPage)*sweepDocuments))
}

// Refresh returns the calls of comparing a library's summary with its documents, which happens
// every five minutes.
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
