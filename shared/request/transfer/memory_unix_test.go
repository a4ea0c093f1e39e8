//go:build linux && !race

package transfer_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// A move reads into slots, pieces of memory outside of the heap. The next move of the same mover
// reuses them. They are freed with the mover. This test is not parallel, because it measures the
// memory of the whole process.
func TestSlotsLieOutsideOfTheHeapAndAreKept(t *testing.T) {
	// far more than the 64 MiB by which the heap grows; the test uses only one page of each slot
	const length = 512 << 20
	mover := &transfer.Mover{Client: taking(), SlotSize: length}
	move := func() {
		t.Helper()
		upload := transfer.Upload{URL: mustParse(t, "https://h.example/k"), Size: 1}
		if _, err := mover.Move(t.Context(), inMemory{transfertest.Pattern{Size: 1}}, upload); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	move()
	mapped := mappedPages(t)
	for range 4 {
		move()
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > length/2 {
		t.Errorf("%d bytes of the heap", taken)
	}
	if more := (mappedPages(t) - mapped) * os.Getpagesize(); more > length/2 {
		t.Errorf("%d bytes more after each move", more/4)
	}
	mover = nil
	for until := time.Now().Add(10 * time.Second); (mapped-mappedPages(t))*os.Getpagesize() < length/2; runtime.GC() {
		if time.Now().After(until) {
			t.Fatal("the slots are never freed")
		}
	}
}

// mappedPages returns the size of the process's address space in pages.
func mappedPages(t *testing.T) (pages int) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &pages)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
