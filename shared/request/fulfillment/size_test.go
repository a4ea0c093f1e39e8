package fulfillment_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/fulfillment"
)

// counted counts the reads of an index.
type counted struct {
	masterstest.Memory
	documents, others atomic.Int64
}

// Load implements [masters.Blobs].
func (c *counted) Load(ctx context.Context, name string) ([]byte, string, error) {
	if strings.HasPrefix(name, "index/") {
		c.documents.Add(1)
	} else {
		c.others.Add(1)
	}
	return c.Memory.Load(ctx, name)
}

// sized returns a fixture whose library has the given number of masters, ten for each creative, and
// in addition the master that the tests request.
func sized(t testing.TB, size int) (*fixture, *counted) {
	t.Helper()
	s, blobs := newFixture(t), &counted{}
	s.index = masters.Index{Blobs: blobs}
	s.service.Index = s.index
	for n := range size / 10 {
		doc := masters.NewDocument(creative.Creative{Code: fmt.Sprintf("HRT-%d", 2_000_000+n), Variation: 1})
		for i := range 10 {
			doc = doc.Put(masters.Master{Key: fmt.Sprintf("%s/v1/en/%d_9x16.mp4", doc.Code, i), ETag: `"1"`, Kind: creative.Video, Locale: "en", Aspect: "9x16"})
		}
		if err := s.index.SaveDocument(t.Context(), library, doc, ""); err != nil {
			t.Fatal(err)
		}
	}
	s.add(t, key, film, true, nil)
	return s, blobs
}

// answer sends the nth request and checks how often it read the index.
func answer(t testing.TB, s *fixture, blobs *counted, n int) {
	t.Helper()
	blobs.documents.Store(0)
	blobs.others.Store(0)
	request := wanted()
	request.CompleteURL, _ = capability.Parse(fmt.Sprintf("https://api.trigger.dev/api/v1/waitpoints/tokens/waitpoint_%d/complete", n))
	if got := s.fulfil(t, request); got.Status != fulfillment.Delivered {
		t.Fatalf("%+v", got)
	}
	if d, o := blobs.documents.Load(), blobs.others.Load(); d != 1 || o != 0 {
		t.Fatalf("%d documents and %d others were read, want one", d, o)
	}
}

// Each request is answered with one read of the index, however many masters there are.
func TestAnAnswerTakesOneRead(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1_000, 10_000} {
		s, blobs := sized(t, size)
		answer(t, s, blobs, 1)
	}
}

func BenchmarkAnswer(b *testing.B) {
	for _, size := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("masters=%d", size), func(b *testing.B) {
			s, blobs := sized(b, size)
			n := 0
			for b.Loop() {
				n++
				answer(b, s, blobs, n)
			}
			// the number is always 1: the function answer fails if a request needs more reads
			b.ReportMetric(1, "index-reads/request")
		})
	}
}
