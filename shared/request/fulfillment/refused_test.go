package fulfillment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

// What the platform refused is not delivered again when it stands under another name;
// other bytes under the old name are.
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
		s.bucket.Put(key, film, nil) // another ETag stands for other bytes
		index(key)
		if o := again("4"); o.Status != fulfillment.Delivered || o.Decision.Key != key {
			t.Errorf("other bytes: %+v", o)
		}
	})
}
