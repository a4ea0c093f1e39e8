package reindex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"masterhand/shared/library/masters"
)

// shard is how many batches are counted in one document: few enough that writing them
// together is rare, many enough that a run of millions of keys has few documents.
const shard = 256

// maxSamples is how many failures a document names.
const maxSamples = 5

// tally counts what became of the batches of a shard.
type tally struct {
	Format  int         `json:"format"`
	Done    [shard]bool `json:"-"`
	Bits    []byte      `json:"done"` // Done, one bit each
	Counts  Counts      `json:"counts"`
	Samples []Failure   `json:"samples,omitempty"`
}

// Failure is a key that could not be indexed.
type Failure struct {
	Key   string `json:"key"`
	Error string `json:"error"`
}

func (t *tally) done() (n int) {
	for _, is := range t.Done {
		if is {
			n++
		}
	}
	return n
}

func decodeTally(data []byte) (tally, error) {
	var t tally
	if err := json.Unmarshal(data, &t); err != nil || t.Format != format || len(t.Bits) != shard/8 {
		return tally{}, fmt.Errorf("%w: counts of a reindex", masters.ErrDocument)
	}
	for i := range t.Done {
		t.Done[i] = t.Bits[i/8]&(1<<(i%8)) != 0
	}
	return t, nil
}

func (t *tally) encode() ([]byte, error) {
	t.Format, t.Bits = format, make([]byte, shard/8)
	for i, is := range t.Done {
		if is {
			t.Bits[i/8] |= 1 << (i % 8)
		}
	}
	return json.Marshal(t)
}

// loadTally returns a shard's counts, zero where there are none yet, with their revision.
func loadTally(ctx context.Context, blobs masters.Blobs, name string) (tally, string, error) {
	data, revision, err := blobs.Load(ctx, name)
	if errors.Is(err, masters.ErrAbsent) {
		return tally{}, "", nil
	}
	if err != nil {
		return tally{}, "", fmt.Errorf("reading the counts of a reindex: %w", err)
	}
	t, err := decodeTally(data)
	return t, revision, err
}

// maxSwaps bounds the repeats of a write that others keep overtaking.
const maxSwaps = 100

// swap repeats a read and the write that follows from it until nobody has written in
// between; what names the document in errors. The attempt fails with masters.ErrStale where
// somebody has.
func swap(what string, attempt func() error) error {
	for range maxSwaps {
		if err := attempt(); !errors.Is(err, masters.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("writing %s: %w, %d times", what, masters.ErrStale, maxSwaps)
}

// record counts a batch, once however often it is told.
func record(ctx context.Context, blobs masters.Blobs, lib masters.Library, run string, batch int, counts Counts, failures []Failure) error {
	name := tallyName(lib, run, batch/shard)
	return swap("the counts of a reindex", func() error {
		t, revision, err := loadTally(ctx, blobs, name)
		if err != nil || t.Done[batch%shard] {
			return err
		}
		t.Done[batch%shard] = true
		t.Counts.add(counts)
		t.Samples = append(t.Samples, failures...)
		t.Samples = t.Samples[:min(len(t.Samples), maxSamples)]
		data, err := t.encode()
		if err != nil {
			return err
		}
		_, err = blobs.Save(ctx, name, data, revision)
		return err
	})
}

// sum adds up the counts of a run's batches.
func sum(ctx context.Context, blobs masters.Blobs, lib masters.Library, run Run) (done int, counts Counts, failures []Failure, err error) {
	for i := 0; i*shard < run.Step.Batches; i++ {
		t, _, err := loadTally(ctx, blobs, tallyName(lib, run.ID, i))
		if err != nil {
			return 0, Counts{}, nil, err
		}
		done += t.done()
		counts.add(t.Counts)
		failures = append(failures, t.Samples...)
		failures = failures[:min(len(failures), maxSamples)]
	}
	return done, counts, failures, nil
}
