package reindex_test

import (
	"fmt"
	"runtime"
	"testing"

	"masterhand/shared/library/reindex/reindextest"
)

// mostHeap is the largest heap, in bytes, that indexing a library may use, including the index that
// the test generates in memory.
const mostHeap = 16 << 20

// Indexing a library needs the same memory, however many masters the library has.
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

// This test runs the code of BenchmarkWholeLibrary with a small library, because nobody runs the
// benchmark every day.
func TestTheBenchmarkIndexesTheWholeLibrary(t *testing.T) {
	t.Parallel()
	indexVast(t, 1_000)
}

// indexVast indexes a library. The parameter size is its number of masters. indexVast returns the
// largest heap that was in use meanwhile, in bytes.
func indexVast(b testing.TB, size int) (most uint64) {
	before, n := heldHeap(), 0
	_, err := (&reindextest.Vast{Size: size}).Index(b.Context(), func() {
		if n%200 == 0 {
			most = max(most, heldHeap())
		}
		n++
	})
	if err != nil {
		b.Fatal(err)
	}
	return most - min(before, most)
}

func heldHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
