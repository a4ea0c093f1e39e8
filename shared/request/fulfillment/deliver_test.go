package fulfillment_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

func TestARequestIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		outcome := s.fulfil(t, r)
		if outcome.Status != fulfillment.Delivered || outcome.SHA256 != sum(film) || outcome.Decision.Key != key {
			t.Fatalf("outcome %+v", outcome)
		}
		if len(s.uploads) != 1 || !bytes.Equal(s.uploads[0], film) {
			t.Errorf("%d uploads, or other bytes", len(s.uploads))
		}
		want := fmt.Sprintf(`{"storageKey":"fb-external/p/HRT-1212/v2/en/9x16.video","extension":"mp4","contentHash":"sha256:%s"}`, sum(film))
		if len(s.callbacks) != 1 || s.callbacks[0] != want {
			t.Errorf("callbacks %q, want %q", s.callbacks, want)
		}
		if i := s.item(t, r); i.State != ledger.Delivered || i.SHA256 != sum(film) || i.Unconfirmed {
			t.Errorf("ledger: %+v", i)
		}
		again := s.fulfil(t, r)
		if again.Status != fulfillment.Delivered || !again.Repeated || len(s.uploads) != 1 || len(s.callbacks) != 1 {
			t.Errorf("again: %+v, %d uploads, %d callbacks", again, len(s.uploads), len(s.callbacks))
		}
	})
}

func TestADeliveryForAFamilyStatesItsAspect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		r.Slot.Aspect, r.Slot.Family, r.Slot.Accepted = "", creative.Feed, []creative.Aspect{"1x1", "3x4", "4x5"}
		s.add(t, "HRT-1212/v2/en/1x1.mp4", film, true, func(m *masters.Master) { m.Aspect = "1x1" })
		s.add(t, "HRT-1212/v2/en/4x5.mp4", film, true, func(m *masters.Master) { m.Aspect = "4x5" })
		if o := s.fulfil(t, r); o.Decision.Aspect != "4x5" || !strings.Contains(s.callbacks[0], `"aspectRatio":"4x5"`) {
			t.Errorf("%+v, callback %s", o, s.callbacks)
		}
	})
}

func TestAnExpiredRequestTouchesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		late := wanted()
		late.ExpiresAt = time.Now()
		stamp := time.Now().Add(-time.Hour).UTC().Format("20060102T150405Z")
		lateUpload := wanted()
		lateUpload.UploadURL, _ = capability.Parse("https://x.r2.cloudflarestorage.com/k?X-Amz-Date=" + stamp + "&X-Amz-Expires=3599")
		lateUpload.CompleteURL, _ = capability.Parse("https://api.trigger.dev/another")
		for _, r := range []platform.Request{late, lateUpload} {
			if o := s.fulfil(t, r); o.Status != fulfillment.Expired || len(s.uploads)+len(s.callbacks) != 0 {
				t.Errorf("%+v, %d uploads, %d callbacks", o, len(s.uploads), len(s.callbacks))
			}
			if i := s.item(t, r); i.State != ledger.Expired {
				t.Errorf("ledger: %+v", i)
			}
		}
	})
}

func TestAMasterThatIsIndexedWhileWeWaitIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.bucket.Put(key, film, nil)
		go func() {
			<-time.After(5 * time.Second)
			s.add(t, key, film, true, nil)
		}()
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered {
			t.Errorf("%+v", o)
		}
	})
}

func TestAReplacedMasterIsChosenAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		other := bytes.Repeat([]byte("new!"), 6000)
		s.bucket.Put(key, other, nil) // the other file is in the bucket, but not indexed yet
		go func() {
			<-time.After(3 * time.Second)
			s.add(t, key, other, true, nil)
		}()
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || o.SHA256 != sum(other) {
			t.Errorf("%+v", o)
		}
		if last := s.uploads[len(s.uploads)-1]; !bytes.Equal(last, other) {
			t.Error("other bytes than the new object's were delivered")
		}
	})
}

func TestACallbackIsRepeatedWithTheSameBytes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.callback = func(n int) (int, error) {
			switch n {
			case 1:
				return 0, errors.New("reset")
			case 2, 3:
				return http.StatusBadGateway, nil
			}
			return http.StatusOK, nil
		}
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || len(s.uploads) != 1 {
			t.Errorf("%+v, %d uploads", o, len(s.uploads))
		}
		for _, body := range s.callbacks {
			if body != s.callbacks[0] || !json.Valid([]byte(body)) {
				t.Errorf("callbacks differ: %q", s.callbacks)
			}
		}
	})
}

func TestCallbackAnswers(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]fulfillment.Status{
		202: fulfillment.Delivered, 409: fulfillment.Superseded, 410: fulfillment.Expired, 400: fulfillment.Failed, 404: fulfillment.Failed,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newFixture(t), wanted()
				s.add(t, key, film, true, nil)
				s.callback = func(int) (int, error) { return status, nil }
				if o := s.fulfil(t, r); o.Status != want || s.item(t, r).State != ledger.State(want) {
					t.Errorf("%+v, ledger %s; want %s", o, s.item(t, r).State, want)
				}
			})
		})
	}
}

func TestAnUploadIsNotRepeatedAfterTheCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.callback = func(n int) (int, error) { return http.StatusServiceUnavailable, nil }
		if o := s.fulfil(t, r); o.Status != fulfillment.Retry || s.item(t, r).State != ledger.Uploaded {
			t.Fatalf("%+v, ledger %s", o, s.item(t, r).State)
		}
		s.bucket.Delete(key)
		s.callback = func(int) (int, error) { return http.StatusConflict, nil }
		o := s.fulfil(t, r)
		if i := s.item(t, r); o.Status != fulfillment.Delivered || !i.Unconfirmed || len(s.uploads) != 1 {
			t.Errorf("%+v, %d uploads, ledger %+v", o, len(s.uploads), i)
		}
	})
}

func TestARefusedUploadFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.put = func(int) (int, string) { return 403, `<Error><Code>SignatureDoesNotMatch</Code></Error>` }
		o := s.fulfil(t, r)
		if o.Status != fulfillment.Failed || len(s.callbacks) != 0 || !strings.Contains(s.item(t, r).Detail, "SignatureDoesNotMatch") {
			t.Errorf("%+v, callbacks %q, ledger %+v", o, s.callbacks, s.item(t, r))
		}
	})
}
