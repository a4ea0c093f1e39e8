package reindex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"masterhand/shared/library/masters"
)

// shard is the number of batches whose outcomes one document counts. It is small enough that two
// writers rarely write the same document, and large enough that a run of millions of keys needs
// few documents.
const shard = 256

// maxSamples is the largest number of failures that a document describes.
const maxSamples = 5

// tally is a stored document that counts the outcomes of 256 batches (one shard).
type tally struct {
	Format  int         `json:"format"`
	Done    [shard]bool `json:"-"`
	Bits    []byte      `json:"done"` // one bit for each batch; 1 means that the batch is finished
	Counts  Counts      `json:"counts"`
	Samples []Failure   `json:"samples,omitempty"`
}

// Failure is a key that could not be indexed, with the reason.
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

// loadTally returns a shard's tally and its revision. Both are zero if no tally is stored.
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

// maxSwaps is the number of times that a conditional write is tried before it fails.
const maxSwaps = 100

// swap calls the function attempt, which reads a document and writes it conditionally. If attempt
// returns masters.ErrStale, because another writer was faster, swap calls it again. It calls it at
// most 100 times. The parameter what is the document's name in errors.
func swap(what string, attempt func() error) error {
	for range maxSwaps {
		if err := attempt(); !errors.Is(err, masters.ErrStale) {
			return err
		}
	}
	return fmt.Errorf("writing %s: %w, %d times", what, masters.ErrStale, maxSwaps)
}

// record adds the outcome of a batch to the run's counts. If record is called again for the same
// batch, it adds nothing.
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

// sum returns the totals of a run's finished batches: their number, the sum of their counts, and
// examples of their failures.
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
