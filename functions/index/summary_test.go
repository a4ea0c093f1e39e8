package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/summary"
)

// noList is an index bucket whose listing always returns an error.
type noList struct{}

func (noList) List(context.Context, string) iter.Seq2[masters.Entry, error] {
	return func(yield func(masters.Entry, error) bool) { yield(masters.Entry{}, errors.New("no listing")) }
}

// summarized returns the keys in the library's summary.
func (b *fixture) summarized(t *testing.T) (keys []string) {
	t.Helper()
	s, _, err := summary.Load(t.Context(), b.index.Blobs, wholeBucket)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range s.Entries {
		keys = append(keys, e.Document.Keys()...)
	}
	return keys
}

func (b *fixture) handled(t *testing.T, event any) {
	t.Helper()
	encoded, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := b.handle(t.Context(), encoded); err != nil || len(response.BatchItemFailures) > 0 {
		t.Errorf("%+v, %v", response, err)
	}
}

// The summary of a library must be updated after each batch of object events, and also by calls of
// the schedule.
func TestTheSummaryFollowsTheIndex(t *testing.T) {
	t.Parallel()
	b := newFixture()
	const first, second = "HRT-1001/v1/en/9x16.mp4", "HRT-1002/v1/en/9x16.mp4"
	b.bucket.Put(first, []byte("film"), nil)
	b.handled(t, batch(created("masters", first)))
	if got := b.summarized(t); len(got) != 1 || got[0] != first {
		t.Errorf("after a batch: %q", got)
	}
	b.bucket.Put(second, []byte("film"), nil)
	b.indexer.Index(t.Context(), []string{second}) // writes to the index without updating the summary, as a reindex does
	b.handled(t, map[string]string{"source": "aws.events", "time": "2026-11-30T16:04:00Z"})
	if got := b.summarized(t); len(got) != 1 {
		t.Errorf("all documents are listed at each look of the schedule, not at one of five: %q", got)
	}
	b.handled(t, map[string]string{"source": "aws.events", "time": "2026-11-30T16:05:00Z"})
	if got := b.summarized(t); len(got) != 2 {
		t.Errorf("after the schedule: %q", got)
	}
}

// A batch must succeed even if the summary cannot be written.
func TestAFailedSummaryDoesNotFailTheBatch(t *testing.T) {
	t.Parallel()
	b := newFixture()
	b.summaries.Names = noList{}
	const key = "HRT-1001/v1/en/9x16.mp4"
	b.bucket.Put(key, []byte("film"), nil)
	b.handled(t, batch(created("masters", key)))
	if !strings.Contains(b.said.String(), "not summarized") {
		t.Errorf("nothing is said of it: %s", b.said.String())
	}
}
