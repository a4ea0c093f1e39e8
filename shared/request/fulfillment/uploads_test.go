package fulfillment_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/ledger"
)

// A request has at most ten uploads, however many runs try. The uploads are spread over minutes.
func TestARequestHasTenUploads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r, q := newFixture(t), wanted(), &queue{}
		s.service.Queue = q
		s.add(t, key, film, true, nil)
		s.put = func(int) (int, string) { return http.StatusServiceUnavailable, "" }
		began := time.Now()
		if o := s.fulfil(t, r); o.Status != fulfillment.Accepted || o.Code != fulfillment.CodeTransfer {
			t.Fatalf("%+v", o)
		}
		var o fulfillment.Outcome
		for n := 1; n < 100; n++ {
			if o = s.finish(t, q); o.Status != fulfillment.Retry {
				break
			}
			<-time.After(handoff.RetryDelay(n, o, time.Until(r.ExpiresAt), 0.5))
		}
		if o.Status != fulfillment.Failed || o.Code != "too_many_uploads" || len(s.uploads) != ledger.MaxUploads {
			t.Errorf("%+v after %d uploads", o, len(s.uploads))
		}
		if lasted := time.Since(began); lasted < 5*time.Minute {
			t.Errorf("the uploads lasted %v", lasted)
		}
		if i := s.item(t, r); i.Uploads != ledger.MaxUploads || i.State != ledger.Failed {
			t.Errorf("the ledger says %d uploads, %s", i.Uploads, i.State)
		}
	})
}

// The upload count of an item that older code wrote starts at zero.
func TestAnItemWithoutAnUploadCountStartsAtZero(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		o, err := s.bucket.Look(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		s.save(t, func(i *ledger.Item) {
			i.Decision = &ledger.Decision{Key: key, ETag: o.ETag, Size: o.Size, Aspect: "9x16", Extension: "mp4", MediaType: "video/mp4"}
		})
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered {
			t.Errorf("%+v", o)
		}
		if i := s.item(t, r); i.Uploads != 1 {
			t.Errorf("%d uploads counted", i.Uploads)
		}
	})
}
