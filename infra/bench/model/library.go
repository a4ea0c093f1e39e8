package model

// The sizes of the parts of a library and of a reindex.
const (
	// ofCreative is the assumed number of masters of each creative. The benchmark of a whole
	// library assumes the same number.
	ofCreative = 10
	// documentBytes is the size in bytes of an index document with ten masters. placementBytes is
	// the size in bytes of the placement of one master. Both were measured on the local system.
	documentBytes, placementBytes = 4200, 280

	batchKeys      = 100 // number of keys in one batch of a reindex
	stepPages      = 5   // number of pages of keys that one listing step reads
	sendBatch      = 10  // number of messages that one SQS call sends
	shardBatches   = 256 // number of batches whose completion is recorded in one S3 document of the reindex
	sweepKeys      = 4000
	sweepDocuments = 64 // number of index documents on one page of the sweep
	indexParallel  = 8  // number of keys of a batch that are indexed at the same time
	sweepParallel  = 32
	refreshMinutes = 5
	retention      = 4 * 24 * 3600.0 // time in seconds after which the queue deletes an unprocessed message of a reindex
	indexTimeout   = 300.0           // time limit of one run of the function index, in seconds
)

// Reindexing holds how many calls a reindex of a whole library makes, and how long it takes.
type Reindexing struct {
	Documents int // number of index documents
	Batches   int
	Steps     int   // number of steps (one run each); runs that only wait for batches are not counted
	Calls     Calls // calls of the whole reindex
	// Working is how many seconds all batches take together, if the configured number of batches
	// runs at the same time. Chain is how many seconds the steps before and after the batches take.
	Working, Chain float64
}

// Lost reports whether the queue would delete the last batches before they are processed.
func (r Reindexing) Lost() bool { return r.Working > retention }

// AtLeast returns the smallest value of the setting reindexConcurrency with which no batch waits
// longer than a day.
func (r Reindexing) AtLeast() int {
	return max(parallel, int(r.Working*parallel/(24*3600)+1))
}

// Reindex returns the calls and the duration of a reindex of a library. masters is the number of
// masters in the library, and atOnce is how many batches are processed at the same time.
func Reindex(masters, atOnce int) Reindexing {
	r := Reindexing{Documents: ceil(masters, ofCreative), Batches: ceil(masters, batchKeys)}
	listing, sweeping := max(1, ceil(masters, stepPages*pageKeys)), sweeps(r.Documents)
	const draining, clearing = 1, 1
	r.Steps = listing + draining + sweeping + clearing
	r.Chain = float64(listing)*listTime + float64(sweeping)*sweepTime
	r.Working = float64(r.Batches) * batchTime / float64(atOnce)
	// The calls for one message of a reindex. The function index reads two documents: the state of
	// the reindex, and the counted outcomes of some batches. It writes one of the two.
	message := Calls{Runs: 1, Messages: 1, S3Reads: 2, S3Writes: 1}
	r.Calls = sum(
		// The S3 calls that start the reindex. The line below them counts one SQS call for each
		// step, because a message starts each step.
		Calls{S3Reads: 3, S3Writes: 2},
		times(message, r.Steps), Calls{Queue: r.Steps, Seconds: r.Chain},
		times(Calls{S3Reads: 1, S3Writes: 1}, listing), // each step that lists keys stores a plan of its batches
		Calls{S3Writes: pages(masters), Queue: ceil(r.Batches, sendBatch)},
		times(message, r.Batches), Calls{Seconds: float64(r.Batches) * batchTime},
		// For each master, the function index reads the placement, the object with its tags, and
		// the first bytes. It writes the placement twice. Before it writes the creative's document,
		// it reads the object again.
		times(Calls{S3Reads: 1 + 2 + 1 + 2, S3Writes: 2}, masters),
		times(Calls{S3Reads: 1, S3Writes: 1}, r.Documents),
		Calls{S3Reads: ceil(r.Batches, shardBatches)}, // the reads that check whether all batches are completed
		Calls{S3Reads: r.Documents + 2*masters, S3Writes: max(1, ceil(r.Documents, sweepDocuments))},
		// the calls of the last step, which lists the unplaced keys and marks the library as built
		Calls{S3Reads: 2, S3Writes: 2},
	)
	return r
}

// listTime, batchTime and sweepTime are the durations in seconds of a listing step, of a batch, and
// of a sweeping step. A batch processes eight keys at a time, with four reads and two writes for
// each key. It then updates the index document of each creative: it reads the document, looks up
// the document's keys in the bucket, and writes the document.
const (
	listTime  = 8 * s3Time
	batchTime = (batchKeys/indexParallel*(4+1+1) + batchKeys/ofCreative*(2+2*2)) * s3Time
	sweepTime = (2*sweepKeys/sweepParallel + 3*sweepKeys/ofCreative/sweepDocuments) * s3Time
)

// sweeps returns how many steps of a reindex check whether the files in the index still exist. Such
// a step reads index documents page by page and looks up their keys in the bucket. It ends after a
// page if it has looked up at least sweepKeys keys so far.
func sweeps(documents int) int {
	const ofPage = sweepDocuments * (1 + ofCreative)
	return max(1, ceil(documents, ceil(sweepKeys, ofPage)*sweepDocuments))
}

// Refresh returns the calls with which the function index compares a library's summary with the
// list of the library's index documents. The function does so every five minutes.
func Refresh(masters int) Calls {
	return sum(read(1), list(pages(ceil(masters, ofCreative))))
}

// times returns the calls c, made n times.
func times(c Calls, n int) Calls {
	f := float64(n)
	return Calls{
		Runs: c.Runs * n, Seconds: c.Seconds * f, S3Reads: c.S3Reads * n, S3Writes: c.S3Writes * n,
		Writes: c.Writes * f, Reads: c.Reads * f, Open: c.Open * f, Day: c.Day * f, Queue: c.Queue * n, Messages: c.Messages * n,
		Events: c.Events * n, Secrets: c.Secrets * n, Delivered: c.Delivered * int64(n),
	}
}

func ceil(n, by int) int { return (n + by - 1) / by }
