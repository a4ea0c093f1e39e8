package reindex_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
)

// vast is a library of so many masters, ten of each creative, that are made up when they
// are asked for; and the index of it, which of what was written long ago remembers only
// that it was written. So it takes the same memory however large the library is.
type vast struct {
	size int

	mu      sync.Mutex
	kept    map[string]stored
	order   [remembered]string // of the documents and placements kept, in a ring
	oldest  int
	written int // documents, from the first on
	writes  int
	queue   []reindex.Message
}

type stored struct {
	data     []byte
	revision string
}

const (
	ofCreative = 10   // masters
	remembered = 5000 // documents and placements
)

func vastKey(i int) string {
	return fmt.Sprintf("team/HRT-%07d/v1/en/%d_9x16.mp4", i/ofCreative, i%ofCreative)
}

// number reads what follows HRT- in a key or a name, -1 where nothing does.
func number(name string) int {
	_, rest, ok := strings.Cut(name, "HRT-")
	if !ok {
		return -1
	}
	n, _ := strconv.Atoi(rest[:7])
	return n
}

// Look implements [indexing.Bucket].
func (v *vast) Look(_ context.Context, key string) (masters.Object, error) {
	return masters.Object{Key: key, ETag: `"1"`, Size: 8}, nil
}

// ReadRange implements [indexing.Bucket].
func (v *vast) Tags(context.Context, string) (map[string]string, error) { return nil, nil }

func (v *vast) ReadRange(_ context.Context, _ masters.Object, off, n int64) ([]byte, error) {
	return []byte("no video")[off : off+n], nil
}

// Page implements [reindex.Lister].
func (v *vast) Page(_ context.Context, _, after string, n int) (keys []string, more bool, err error) {
	next := 0
	if after != "" {
		next = number(after)*ofCreative + int(after[len("team/HRT-0000000/v1/en/")]-'0') + 1
	}
	for ; next < v.size && len(keys) < n; next++ {
		keys = append(keys, vastKey(next))
	}
	return keys, next < v.size, nil
}

// SendBatch implements [reindex.Queue].
func (v *vast) SendBatch(_ context.Context, _ time.Duration, bodies ...[]byte) error {
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
func (v *vast) Load(_ context.Context, name string) ([]byte, string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
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
func (v *vast) Save(_ context.Context, name string, data []byte, revision string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
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

// vastDocuments lists the documents' names.
type vastDocuments struct{ *vast }

// Page implements [reindex.Lister]. There are no unplaced keys.
func (v vastDocuments) Page(_ context.Context, prefix, after string, n int) (names []string, more bool, err error) {
	if !strings.HasPrefix(prefix, "index/") {
		return nil, false, nil
	}
	next := number(after) + 1
	for ; next < v.written && len(names) < n; next++ {
		names = append(names, fmt.Sprintf("index/team/HRT-%07d/1.json", next))
	}
	return names, next < v.written, nil
}

// mostHeap is what indexing may hold on to, in bytes, with what the made-up index does.
const mostHeap = 16 << 20

// Indexing a library takes the same memory however many masters it has.
func BenchmarkWholeLibrary(b *testing.B) {
	for _, size := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("masters=%d", size), func(b *testing.B) {
			for b.Loop() {
				heap := indexVast(b, size)
				b.ReportMetric(float64(heap)/(1<<20), "MiB-heap")
				if heap > mostHeap {
					b.Errorf("%d bytes of heap, over %d", heap, mostHeap)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(size*b.N), "µs/master")
		})
	}
}

// What the benchmark measures works: nobody runs it every day.
func TestVastLibrary(t *testing.T) {
	t.Parallel()
	indexVast(t, 1_000)
}

// indexVast indexes a library and returns the most heap that was held on to meanwhile.
func indexVast(b testing.TB, size int) (most uint64) {
	v := &vast{size: size, kept: map[string]stored{}}
	index := masters.Index{Blobs: v}
	w := reindex.Worker{
		Control: reindex.Control{Index: index, Queue: v, Now: time.Now, NewID: func() string { return "run" }},
		Masters: v, Documents: vastDocuments{v},
		Indexer:   &indexing.Indexer{Documents: index, Bucket: v, Libraries: []masters.Library{library}},
		Libraries: []masters.Library{library},
	}
	before := heldHeap()
	if _, err := w.Start(b.Context(), library, false); err != nil {
		b.Fatal(err)
	}
	for n := 0; len(v.queue) > 0; n++ {
		message := v.queue[0]
		v.queue = append([]reindex.Message(nil), v.queue[1:]...)
		if err := w.Work(b.Context(), message, 1); err != nil {
			b.Fatal(err)
		}
		if n%200 == 0 {
			most = max(most, heldHeap())
		}
	}
	p, err := w.Progress(b.Context(), library)
	if err != nil || p.Counts.Placed != size || p.Run.Problem != "" || v.written != size/ofCreative {
		b.Fatalf("%+v, %v", p, err)
	}
	return most - min(before, most)
}

func heldHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
