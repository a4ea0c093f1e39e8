package s3store_test

import (
	"bytes"
	"errors"
	"testing"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/masters/s3store"
)

func blobs(t *testing.T, versioned bool) s3store.Blobs {
	b := newBucket(t, versioned)
	return s3store.Blobs{Client: b.Client, Bucket: b.Name}
}

func TestBlobsKeepTheContract(t *testing.T) {
	t.Parallel()
	for name, versioned := range map[string]bool{"plain": false, "versioned": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			masterstest.RunBlobs(t, func(t *testing.T) masters.Blobs { return blobs(t, versioned) })
		})
	}
}

// Load and Save return a fault, never ErrAbsent or ErrStale, if S3 refuses access.
func TestBlobsRefused(t *testing.T) {
	t.Parallel()
	allowed := blobs(t, false)
	if _, err := allowed.Save(t.Context(), "there", []byte("x"), ""); err != nil {
		t.Fatal(err)
	}
	refused := s3store.Blobs{Client: denied(t), Bucket: allowed.Bucket}
	nowhere := s3store.Blobs{Client: allowed.Client, Bucket: "no-such-bucket"}
	for name, b := range map[string]s3store.Blobs{"wrong credentials": refused, "no bucket": nowhere} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, key := range []string{"there", "absent"} {
				_, _, err := b.Load(t.Context(), key)
				isNot(t, err, masters.ErrAbsent, masters.ErrStale)
				for _, revision := range []string{"", `"0"`} {
					_, err = b.Save(t.Context(), key, []byte("y"), revision)
					isNot(t, err, masters.ErrAbsent, masters.ErrStale)
				}
			}
		})
	}
}

// Load truncates a document that exceeds the size limit, so that decoding the document fails. Such
// a document is never treated as absent.
func TestBlobTooLarge(t *testing.T) {
	t.Parallel()
	b := blobs(t, false)
	if _, err := b.Save(t.Context(), "large", bytes.Repeat([]byte(" "), masters.MaxBlob+9), ""); err != nil {
		t.Fatal(err)
	}
	data, _, err := b.Load(t.Context(), "large")
	if err != nil || len(data) != masters.MaxBlob+1 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// A call after the end of its context returns a fault.
func TestBlobsReturnAFaultAfterTheContextEnds(t *testing.T) {
	t.Parallel()
	b, ctx := blobs(t, false), over(t)
	if _, _, err := b.Load(ctx, "x"); !errors.Is(err, ctx.Err()) {
		t.Errorf("Load: %v", err)
	}
	if _, err := b.Save(ctx, "x", nil, ""); !errors.Is(err, ctx.Err()) {
		t.Errorf("Save: %v", err)
	}
}
