package fulfillment_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

type metaBucket struct {
	indexing.Bucket
	meta map[string]string
}

func (b metaBucket) Look(ctx context.Context, key string) (masters.Object, error) {
	o, err := b.Bucket.Look(ctx, key)
	if err == nil {
		o.Labels.Metadata = b.meta
	}
	return o, err
}

// A file whose HEAD request fails blocks every skip. In this test, the file is the creative's only
// master. Only the file's metadata name the creative, and the HEAD request that reads them fails
// because the file's KMS key is disabled.
func TestAFileThatCannotBeLookedAtBlocksEverySkip(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newFixture(t)
			const hero = "films/hero.mp4"
			s.bucket.Put(hero, film, nil)
			x := indexing.Indexer{Documents: s.index, Libraries: []masters.Library{library}, Bucket: metaBucket{s.bucket, map[string]string{"creative-code": "HRT-1212", "creative-variation": "2", "creative-locale": "en", "creative-aspect": "9x16"}}}
			if known {
				if failed := x.Apply(t.Context(), []string{hero}); len(failed) > 0 {
					t.Fatal(failed)
				}
			}
			s.bucket.BeforeLook = func(string) error { return errors.New("403 KMS.DisabledException") }
			if failed := x.Apply(t.Context(), []string{hero}); len(failed) == 0 {
				t.Error("the object is indexed although nobody can look at it")
			}
			if filed := x.File(t.Context(), []string{hero}); len(filed) != 1 || filed[0].Err != nil {
				t.Errorf("filed as %+v", filed)
			}
			if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || len(s.callbacks) > 0 {
				t.Errorf("known %v: %+v, callbacks %q", known, o, s.callbacks)
			}
		})
	}
}

// The bytes are uploaded, but every answer to the callback is lost until the request expires. If
// the platform then reports that it rejected the file, the same bytes are not delivered again.
func TestARejectionAfterALostAnswerRefusesTheBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.callback = func(int) (int, error) { return http.StatusBadGateway, nil }
		r := wanted()
		s.fulfil(t, r)
		<-time.After(61 * time.Minute)
		if _, err := s.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.service.Resolve(t.Context(), fulfillment.Report{Class: platform.Rejected, Destination: "d", Library: library, Result: platform.Result{
			Slot: creative.Slot(r.Slot), Reason: "aspect_ratio_not_accepted", Raw: []byte(`{"a":1}`)}})
		if item := s.item(t, r); item.State != ledger.Expired || item.SHA256 == "" {
			t.Fatalf("the first request is %+v", item)
		}
		s.callback = nil
		again := wanted()
		again.CompleteURL = second(t)
		if o := s.fulfil(t, again); o.Status == fulfillment.Delivered {
			t.Errorf("refused bytes delivered again: %+v", o)
		}
	})
}

func second(t *testing.T) capability.URL {
	u, err := capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/waitpoint_second/complete")
	if err != nil {
		t.Fatal(err)
	}
	return u
}
