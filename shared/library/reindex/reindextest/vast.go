// Package reindextest indexes generated libraries of any size without a bucket, and counts the
// calls to the simulated bucket, index and queue.
//
// Invariants: it runs the same steps of package reindex as with a bucket; its memory use does not
// grow with the library.
//
//	counts, err := (&reindextest.Vast{Size: 1_000_000}).Index(ctx, func() {})
package reindextest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/library/reindex"
)

// Vast is a library of Size masters, ten for each creative, with an index, which is empty at first.
// Its memory use does not depend on Size: it generates a master when the master is read, and keeps
// only the newest of the documents and placements that were written.
type Vast struct {
	Size int

	mu      sync.Mutex
	kept    map[string]stored
	order   [remembered]string // names of the stored documents and placements; the newest replaces the oldest
	oldest  int
	written int // number of documents written so far, counted from the first creative
	writes  int
	queue   []reindex.Message
	counts  Counts
}

type stored struct {
	data     []byte
	revision string
}

// Counts holds, for each kind of call, how many such calls a reindex makes.
type Counts struct {
	Looks  int // number of look-ups (HEAD requests) of an object and its tags
	Ranges int // number of reads of a range of an object
	Pages  int // number of pages of listings that were read
	Loads  int // number of reads of documents, placements and the run's own records
	Saves  int
	Sends  int // number of calls to the queue, each with up to 10 messages
	Runs   int // number of messages that were processed
}

const (
	ofCreative = 10   // number of masters of each creative
	remembered = 5000 // number of documents and placements that are stored
	sendBatch  = 10
)

func vastKey(i int) string {
	return fmt.Sprintf("team/HRT-%07d/v1/en/%d_9x16.mp4", i/ofCreative, i%ofCreative)
}

// number returns the number after HRT- in a key or a name. It returns -1 if there is no such
// number.
func number(name string) int {
	_, rest, ok := strings.Cut(name, "HRT-")
	if !ok {
		return -1
	}
	n, _ := strconv.Atoi(rest[:7])
	return n
}

// Look implements [indexing.Bucket].
func (v *Vast) Look(_ context.Context, key string) (masters.Object, error) {
	v.count(func(c *Counts) { c.Looks++ })
	return masters.Object{Key: key, ETag: `"1"`, Size: 8}, nil
}

// Tags implements [indexing.Bucket].
func (v *Vast) Tags(context.Context, string) (map[string]string, error) { return nil, nil }

// ReadRange implements [indexing.Bucket].
func (v *Vast) ReadRange(_ context.Context, _ masters.Object, off, n int64) ([]byte, error) {
	v.count(func(c *Counts) { c.Ranges++ })
	return []byte("no video")[off : off+n], nil
}

// Page implements [reindex.Lister].
func (v *Vast) Page(_ context.Context, _, after string, n int) (keys []string, more bool, err error) {
	v.count(func(c *Counts) { c.Pages++ })
	next := 0
	if after != "" {
		next = number(after)*ofCreative + int(after[len("team/HRT-0000000/v1/en/")]-'0') + 1
	}
	for ; next < v.Size && len(keys) < n; next++ {
		keys = append(keys, vastKey(next))
	}
	return keys, next < v.Size, nil
}

// SendBatch implements [reindex.Queue].
func (v *Vast) SendBatch(_ context.Context, _ time.Duration, bodies ...[]byte) error {
	v.count(func(c *Counts) { c.Sends += (len(bodies) + sendBatch - 1) / sendBatch })
	for _, body := range bodies {
		m, err := reindex.Decode(body)
		if err != nil {
			return err
		}
		v.queue = append(v.queue, m)
	}
	return nil
}

// Load implements [masters.Blobs].
func (v *Vast) Load(_ context.Context, name string) ([]byte, string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts.Loads++
	if d, ok := v.kept[name]; ok {
		return d.data, d.revision, nil
	}
	n := number(name)
	if !strings.HasPrefix(name, "index/") || n >= v.written {
		return nil, "", masters.ErrAbsent
	}
	doc := masters.NewDocument(creative.Creative{Code: fmt.Sprintf("HRT-%07d", n), Variation: 1})
	for i := range ofCreative {
		doc = doc.Put(masters.Master{Key: vastKey(n*ofCreative + i), ETag: `"1"`, Size: 8, Kind: creative.Video})
	}
	data, err := json.Marshal(doc)
	return data, "forgotten", err
}

// Save implements [masters.Blobs].
func (v *Vast) Save(_ context.Context, name string, data []byte, revision string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts.Saves++
	if v.kept[name].revision != revision {
		return "", masters.ErrStale
	}
	if n := number(name); n >= 0 || strings.HasPrefix(name, "placed/") {
		v.written = max(v.written, n+1)
		if revision == "" {
			delete(v.kept, v.order[v.oldest])
			v.order[v.oldest], v.oldest = name, (v.oldest+1)%remembered
		}
	}
	v.writes++
	revision = strconv.Itoa(v.writes)
	v.kept[name] = stored{append([]byte(nil), data...), revision}
	return revision, nil
}

// documents is the lister of the index bucket: it lists the documents' names.
type documents struct{ *Vast }

// Page implements [reindex.Lister]. The library has no unplaced keys to list.
func (v documents) Page(_ context.Context, prefix, after string, n int) (names []string, more bool, err error) {
	v.count(func(c *Counts) { c.Pages++ })
	if !strings.HasPrefix(prefix, "index/") {
		return nil, false, nil
	}
	next := number(after) + 1
	for ; next < v.written && len(names) < n; next++ {
		names = append(names, fmt.Sprintf("index/team/HRT-%07d/1.json", next))
	}
	return names, next < v.written, nil
}

func (v *Vast) count(add func(*Counts)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	add(&v.counts)
}

// Index indexes the whole library, from the first message to the last, and returns the numbers of
// calls. It calls the function worked after each message. It returns the errors of package reindex,
// and an error if the run did not place all masters.
func (v *Vast) Index(ctx context.Context, worked func()) (Counts, error) {
	rules, err := placement.ParseRules(placement.Settings{Prefix: "team/", Codes: []string{"HRT-#{1,7}"}})
	if err != nil {
		return Counts{}, err
	}
	lib := masters.Library{Name: "team", Rules: rules}
	v.kept = map[string]stored{}
	index := masters.Index{Blobs: v}
	w := reindex.Worker{
		Control: reindex.Control{Index: index, Queue: v, Now: time.Now, NewID: func() string { return "run" }},
		Masters: v, Documents: documents{v},
		Indexer:   &indexing.Indexer{Documents: index, Bucket: v, Libraries: []masters.Library{lib}},
		Libraries: []masters.Library{lib},
	}
	if _, err := w.Start(ctx, lib, false); err != nil {
		return Counts{}, err
	}
	for len(v.queue) > 0 {
		message := v.queue[0]
		v.queue = append([]reindex.Message(nil), v.queue[1:]...)
		v.counts.Runs++
		if err := w.Work(ctx, message, 1); err != nil {
			return Counts{}, err
		}
		worked()
	}
	counts := v.counts
	p, err := w.Progress(ctx, lib)
	if err == nil && (p.Counts.Placed != v.Size || p.Run.Problem != "" || v.written != v.Size/ofCreative) {
		err = fmt.Errorf("%d masters and %d documents were to be indexed, %d documents are: %+v", v.Size, v.Size/ofCreative, v.written, p)
	}
	return counts, err
}
