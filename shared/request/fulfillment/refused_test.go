package fulfillment_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

// Bytes that the platform refused are not delivered again, even from a file with another name.
// Other bytes under the old name are delivered.
func TestRefusedBytesStayRefusedUnderAnyName(t *testing.T) {
	t.Parallel()
	const copied = "HRT-1212/v2/en/another name.mp4"
	film := portrait(t)
	synctest.Test(t, func(t *testing.T) {
		s, first := newFixture(t), wanted()
		index := func(keys ...string) {
			indexer := indexing.Indexer{Documents: s.index, Bucket: s.bucket, Libraries: []masters.Library{library}}
			if failed := indexer.Apply(t.Context(), keys); len(failed) > 0 {
				t.Fatal(failed)
			}
		}
		again := func(number string) fulfillment.Outcome {
			<-time.After(time.Minute)
			r := wanted()
			r.CompleteURL, _ = capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/waitpoint_" + number + "/complete")
			return s.fulfil(t, r)
		}
		s.bucket.Put(key, film, nil)
		index(key)
		if o := s.fulfil(t, first); o.Status != fulfillment.Delivered {
			t.Fatalf("first: %+v", o)
		}
		rejected := platform.Result{Slot: first.Slot, StorageKey: first.StorageKey, Reason: "bad_bitrate"}
		if o := s.service.Resolve(t.Context(), fulfillment.Report{Class: platform.Rejected, Result: rejected, Destination: "d", Library: library}); o.Status != fulfillment.Recorded {
			t.Fatalf("rejected: %+v", o)
		}
		s.bucket.Copy(key, copied)
		index(copied)
		if o := again("2"); o.Status != fulfillment.Skipped || o.Decision.Skip != "previously_rejected" {
			t.Errorf("the copy beside the original: %+v", o)
		}
		s.bucket.Delete(key)
		index(key)
		if o := again("3"); o.Status != fulfillment.Skipped || o.Decision.Skip != "previously_rejected" {
			t.Errorf("the copy alone: %+v", o)
		}
		const inParts = "HRT-1212/v2/en/copied in parts.mp4" // a file with another ETag, but with the same bytes
		s.bucket.Put(inParts, film, nil)
		s.bucket.Delete(copied)
		index(copied, inParts)
		// The map states how many uploads the test has made in all after each request. The first of
		// these requests makes the second upload. The other one makes none, because the index
		// document then states the digest of these bytes.
		for number, uploads := range map[string]int{"4": 2, "5": 2} {
			if o := again(number); o.Status != fulfillment.Skipped || o.Decision.Skip != "previously_rejected" || len(s.uploads) != uploads {
				t.Errorf("copied in parts: %+v after %d uploads", o, len(s.uploads))
			}
		}
		other := slices.Concat(film, []byte("\x00\x00\x00\x08free"))
		s.bucket.Put(key, other, nil)
		index(key)
		if o := again("6"); o.Status != fulfillment.Delivered || o.Decision.Key != key || o.SHA256 != sum(other) {
			t.Errorf("other bytes: %+v", o)
		}
	})
}

// When a run records its upload in the ledger, it also writes the digest into the document, even if
// a refused file was uploaded first.
func TestTheDocumentLearnsTheDigestAtTheCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		const larger = "HRT-1212/v2/en/larger.mp4"
		s.add(t, larger, film, true, func(m *masters.Master) { m.Width, m.Height = 2160, 3840 })
		s.add(t, key, []byte("another film"), true, nil)
		doc, revision, err := s.index.Document(t.Context(), library, r.Slot.Creative)
		if err != nil {
			t.Fatal(err)
		}
		doc.Refusals = []masters.Refusal{{Slot: masters.RefusalSlot(r.Slot), Key: "gone.mp4", ETag: "x", SHA256: sum(film)}}
		if err := s.index.SaveDocument(t.Context(), library, doc, revision); err != nil {
			t.Fatal(err)
		}
		o := s.fulfil(t, r)
		if o.Status != fulfillment.Delivered || o.Decision.Key != key || o.SHA256 != sum([]byte("another film")) || len(s.uploads) != 2 || len(s.callbacks) != 1 {
			t.Errorf("%+v after %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
		}
		doc, _, err = s.index.Document(t.Context(), library, r.Slot.Creative)
		if err != nil || doc.Find(larger).SHA256 != sum(film) || doc.Find(key).SHA256 != o.SHA256 || len(doc.Refusals) != 1 {
			t.Errorf("%+v, %v", doc, err)
		}
	})
}

// A delivery succeeds even if the digest of its bytes cannot be written into the index.
func TestADigestThatCannotBeWrittenStopsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.service.Index = masters.Index{Blobs: readOnly{s.index.Blobs}}
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered || o.Detail == "" {
			t.Errorf("%+v", o)
		}
	})
}

// readOnly refuses every write, as a store does if the process has no permission to write.
type readOnly struct{ masters.Blobs }

func (readOnly) Save(context.Context, string, []byte, string) (string, error) {
	return "", errors.New("403")
}
