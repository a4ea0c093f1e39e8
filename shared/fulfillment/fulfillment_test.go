package fulfillment_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/capability"
	"masterhand/shared/creative"
	"masterhand/shared/fulfillment"
	"masterhand/shared/ledger"
	"masterhand/shared/ledger/ledgertest"
	"masterhand/shared/masters"
	"masterhand/shared/masters/masterstest"
	"masterhand/shared/platform"
	"masterhand/shared/transfer"
)

var library = masters.Library{Name: "default"}

// stage is a service on a bucket, an index and a ledger in memory, and the far side as
// one RoundTripper. Every test runs it in a bubble, where time is not real.
type stage struct {
	bucket  *masterstest.Bucket
	index   masters.Index
	store   ledger.Store
	service *fulfillment.Service
	waiting int

	mu        sync.Mutex
	uploads   [][]byte
	callbacks []string
	// put and callback answer the far side's requests, the nth from 1 on; nil is 200.
	put      func(n int) (status int, body string)
	callback func(n int) (status int, err error)
}

func newStage(t *testing.T) *stage {
	s := &stage{bucket: &masterstest.Bucket{}, index: masters.Index{Blobs: &masterstest.Memory{}}, store: ledgertest.NewMemory()}
	owners := 0
	s.service = &fulfillment.Service{
		Ledger: &ledger.Ledger{Store: s.store, Now: time.Now, NewOwner: func() string {
			s.mu.Lock()
			defer s.mu.Unlock()
			owners++
			return fmt.Sprint("run ", owners)
		}},
		Index: s.index, Bucket: s.bucket, Backlog: s,
		Mover: &transfer.Mover{Client: &http.Client{Transport: s}}, Callbacks: &http.Client{Transport: s},
		Now: time.Now, Settle: 2 * time.Second, Patience: 20 * time.Second,
	}
	built := masters.State{Format: masters.Format, Rules: masters.RulesVersion, Built: true}
	if err := s.index.SaveState(t.Context(), library, built, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

// Waiting implements [fulfillment.Backlog].
func (s *stage) Waiting(context.Context) (int, error) { return s.waiting, nil }

// RoundTrip is the far side: PUT is the storage, POST the waitpoint server.
func (s *stage) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, text := http.StatusOK, ""
	if req.Method == http.MethodPut {
		s.uploads = append(s.uploads, body)
		if s.put != nil {
			status, text = s.put(len(s.uploads))
		}
	} else {
		s.callbacks = append(s.callbacks, string(body))
		if s.callback != nil {
			if status, err = s.callback(len(s.callbacks)); err != nil {
				return nil, err
			}
		}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(text)), Header: http.Header{}, Request: req}, nil
}

// add puts a master into the bucket and, if indexed, into its document.
func (s *stage) add(t *testing.T, key string, data []byte, indexed bool, edit func(*masters.Master)) {
	t.Helper()
	s.bucket.Put(key, data, nil)
	if !indexed {
		return
	}
	o, err := s.bucket.Look(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	m := masters.Master{
		Key: key, ETag: o.ETag, Size: o.Size, Kind: creative.Video, Locale: "en", Aspect: "9x16",
		Probed: true, Width: 1080, Height: 1920, Extension: "mp4", MediaType: "video/mp4",
	}
	if edit != nil {
		edit(&m)
	}
	doc, revision, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
	if err == nil {
		err = s.index.SaveDocument(t.Context(), library, doc.Put(m), revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const key = "HRT-1212/v2/en/9x16.mp4"

// wanted is a request for what key holds.
func wanted() platform.Request {
	upload, _ := capability.Parse("https://account.r2.cloudflarestorage.com/b/k?X-Amz-Signature=secret")
	callback, _ := capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/waitpoint_abc/complete")
	return platform.Request{
		Slot: creative.Slot{
			Project: "p", Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en",
			Kind: creative.Video, Aspect: "9x16",
		},
		UploadURL: upload, CompleteURL: callback, StorageKey: "fb-external/p/HRT-1212/v2/en/9x16.video",
		ExpiresAt: time.Now().Add(time.Hour),
	}
}

func (s *stage) fulfil(t *testing.T, r platform.Request) fulfillment.Outcome {
	t.Helper()
	return s.service.Fulfil(t.Context(), fulfillment.Job{
		Request: r, Destination: "d", Library: library, EventID: "evt", Deadline: time.Now().Add(280 * time.Second),
	})
}

// item returns the request's ledger item.
func (s *stage) item(t *testing.T, r platform.Request) ledger.Item {
	t.Helper()
	i, err := s.store.Load(t.Context(), r.ID())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

var film = bytes.Repeat([]byte("film"), 5000)

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

func TestDelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		outcome := s.fulfil(t, r)
		if outcome.Word != fulfillment.Delivered || outcome.SHA256 != sum(film) || outcome.Decision.Key != key {
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
		if again.Word != fulfillment.Delivered || !again.Repeated || len(s.uploads) != 1 || len(s.callbacks) != 1 {
			t.Errorf("again: %+v, %d uploads, %d callbacks", again, len(s.uploads), len(s.callbacks))
		}
	})
}

func TestAFamilyIsToldItsAspect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		r.Slot.Aspect, r.Slot.Family, r.Slot.Accepted = "", creative.Feed, []creative.Aspect{"1x1", "3x4", "4x5"}
		s.add(t, "HRT-1212/v2/en/1x1.mp4", film, true, func(m *masters.Master) { m.Aspect = "1x1" })
		s.add(t, "HRT-1212/v2/en/4x5.mp4", film, true, func(m *masters.Master) { m.Aspect = "4x5" })
		if o := s.fulfil(t, r); o.Decision.Aspect != "4x5" || !strings.Contains(s.callbacks[0], `"aspectRatio":"4x5"`) {
			t.Errorf("%+v, callback %s", o, s.callbacks)
		}
	})
}

func TestExpiredTouchesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.add(t, key, film, true, nil)
		late := wanted()
		late.ExpiresAt = time.Now()
		stamp := time.Now().Add(-time.Hour).UTC().Format("20060102T150405Z")
		lateUpload := wanted()
		lateUpload.UploadURL, _ = capability.Parse("https://x.r2.cloudflarestorage.com/k?X-Amz-Date=" + stamp + "&X-Amz-Expires=3599")
		lateUpload.CompleteURL, _ = capability.Parse("https://api.trigger.dev/another")
		for _, r := range []platform.Request{late, lateUpload} {
			if o := s.fulfil(t, r); o.Word != fulfillment.Expired || len(s.uploads)+len(s.callbacks) != 0 {
				t.Errorf("%+v, %d uploads, %d callbacks", o, len(s.uploads), len(s.callbacks))
			}
			if i := s.item(t, r); i.State != ledger.Expired {
				t.Errorf("ledger: %+v", i)
			}
		}
	})
}

func TestSkipsOnlyWhenAbsenceIsProved(t *testing.T) {
	t.Parallel()
	square := func(m *masters.Master) { m.Aspect = "1x1" }
	for name, c := range map[string]struct {
		prepare func(*testing.T, *stage)
		want    fulfillment.Word
	}{
		"nothing at all":          {func(*testing.T, *stage) {}, fulfillment.Skipped},
		"another aspect":          {func(t *testing.T, s *stage) { s.add(t, "HRT-1212/v2/en/1x1.mp4", film, true, square) }, fulfillment.Skipped},
		"similar creatives":       {func(t *testing.T, s *stage) { s.add(t, "HRT-1212/v20/en/9x16.mp4", film, false, nil) }, fulfillment.Skipped},
		"a thumbnail":             {func(t *testing.T, s *stage) { s.add(t, "HRT-1212/v2/en/9x16_thumb.jpg", film, false, nil) }, fulfillment.Skipped},
		"a key not indexed":       {func(t *testing.T, s *stage) { s.add(t, key, film, false, nil) }, fulfillment.Retry},
		"a key indexed as it was": {func(t *testing.T, s *stage) { s.add(t, key, film, true, square); s.bucket.Put(key, film, nil) }, fulfillment.Retry},
		"a key nearly placed":     {func(t *testing.T, s *stage) { s.add(t, "HRT-1212-2_final_9x16.mp4", film, false, nil) }, fulfillment.Retry},
		"events wait":             {func(_ *testing.T, s *stage) { s.waiting = 1 }, fulfillment.Retry},
		"index not built":         {func(_ *testing.T, s *stage) { s.service.Index = masters.Index{Blobs: &masterstest.Memory{}} }, fulfillment.Retry},
		"index unreadable":        {func(_ *testing.T, s *stage) { s.service.Index = masters.Index{Blobs: denied{}} }, fulfillment.Retry},
		"a file of unknown aspect": {func(t *testing.T, s *stage) {
			s.add(t, "HRT-1212/v2/en/a.mkv", film, true, func(m *masters.Master) { m.Aspect = "" })
		}, fulfillment.Retry},
		"only the archived master": {func(t *testing.T, s *stage) {
			s.add(t, key, film, true, func(m *masters.Master) { m.StorageClass = "GLACIER" })
		}, fulfillment.Failed},
		"only a corrupt master": {func(t *testing.T, s *stage) {
			s.add(t, key, film, true, func(m *masters.Master) { m.Problem = masters.Corrupt })
		}, fulfillment.Skipped},
		"labels say another creative": {func(t *testing.T, s *stage) {
			s.add(t, key, film, false, nil)
			o, _ := s.bucket.Look(t.Context(), key)
			placed := masters.Placed{Format: masters.Format, Key: key, ETag: o.ETag, Documents: []creative.Creative{{Code: "OTHER", Variation: 1}}}
			if _, err := s.index.SavePlaced(t.Context(), library, placed, ""); err != nil {
				t.Fatal(err)
			}
		}, fulfillment.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newStage(t), wanted()
				c.prepare(t, s)
				o := s.fulfil(t, r)
				if o.Word != c.want {
					t.Errorf("outcome %+v, want %s", o, c.want)
				}
				if skipped := len(s.callbacks) == 1 && strings.HasPrefix(s.callbacks[0], `{"skip":true,`); skipped != (c.want == fulfillment.Skipped) {
					t.Errorf("callbacks %q", s.callbacks)
				}
				if len(s.uploads) != 0 {
					t.Error("bytes were uploaded")
				}
			})
		})
	}
}

// denied fails every read of the index, as a store without permission does.
type denied struct{ masters.Blobs }

func (denied) Load(context.Context, string) ([]byte, string, error) {
	return nil, "", errors.New("403")
}

func TestAMasterThatIsIndexedWhileWeWaitIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.bucket.Put(key, film, nil)
		go func() {
			<-time.After(5 * time.Second)
			s.add(t, key, film, true, nil)
		}()
		if o := s.fulfil(t, r); o.Word != fulfillment.Delivered {
			t.Errorf("%+v", o)
		}
	})
}

func TestAReplacedMasterIsChosenAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		other := bytes.Repeat([]byte("new!"), 6000)
		s.bucket.Put(key, other, nil) // the index has not seen it yet
		go func() {
			<-time.After(3 * time.Second)
			s.add(t, key, other, true, nil)
		}()
		if o := s.fulfil(t, r); o.Word != fulfillment.Delivered || o.SHA256 != sum(other) {
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
		s, r := newStage(t), wanted()
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
		if o := s.fulfil(t, r); o.Word != fulfillment.Delivered || len(s.uploads) != 1 {
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
	for status, want := range map[int]fulfillment.Word{
		202: fulfillment.Delivered, 409: fulfillment.Superseded, 410: fulfillment.Expired, 400: fulfillment.Failed, 404: fulfillment.Failed,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newStage(t), wanted()
				s.add(t, key, film, true, nil)
				s.callback = func(int) (int, error) { return status, nil }
				if o := s.fulfil(t, r); o.Word != want || s.item(t, r).State != ledger.State(want) {
					t.Errorf("%+v, ledger %s; want %s", o, s.item(t, r).State, want)
				}
			})
		})
	}
}

func TestAnUploadIsNotRepeatedAfterTheCheckpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		s.callback = func(n int) (int, error) { return http.StatusServiceUnavailable, nil }
		if o := s.fulfil(t, r); o.Word != fulfillment.Retry || s.item(t, r).State != ledger.Uploaded {
			t.Fatalf("%+v, ledger %s", o, s.item(t, r).State)
		}
		s.bucket.Delete(key)
		s.callback = func(int) (int, error) { return http.StatusConflict, nil }
		o := s.fulfil(t, r)
		if i := s.item(t, r); o.Word != fulfillment.Delivered || !i.Unconfirmed || len(s.uploads) != 1 {
			t.Errorf("%+v, %d uploads, ledger %+v", o, len(s.uploads), i)
		}
	})
}

func TestARefusedUploadFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		s.put = func(int) (int, string) { return 403, `<Error><Code>SignatureDoesNotMatch</Code></Error>` }
		o := s.fulfil(t, r)
		if o.Word != fulfillment.Failed || len(s.callbacks) != 0 || !strings.Contains(s.item(t, r).Detail, "SignatureDoesNotMatch") {
			t.Errorf("%+v, callbacks %q, ledger %+v", o, s.callbacks, s.item(t, r))
		}
	})
}

func TestCopiesOfARequestDeliverOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if o := s.fulfil(t, r); o.Word != fulfillment.Delivered {
					t.Errorf("%+v", o)
				}
			})
		}
		all.Wait()
		if len(s.uploads) != 1 || len(s.callbacks) != 1 {
			t.Errorf("%d uploads, %d callbacks", len(s.uploads), len(s.callbacks))
		}
	})
}

func TestACopyOfASlowRunWaitsAndThenIsTurnedAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		holder := &ledger.Ledger{Store: s.store, Now: time.Now, NewOwner: func() string { return "slow" }}
		_, err := holder.Claim(t.Context(), ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint()}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if o := s.fulfil(t, r); o.Word != fulfillment.Held || time.Since(began) < 20*time.Second {
			t.Errorf("%+v after %s", o, time.Since(began))
		}
		changed := r
		changed.StorageKey = "another"
		if o := s.fulfil(t, changed); o.Word != fulfillment.Conflict || len(s.uploads)+len(s.callbacks) != 0 {
			t.Errorf("%+v", o)
		}
	})
}

func TestARunThatLostItsRequestSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newStage(t), wanted()
		s.add(t, key, film, true, nil)
		thief := &ledger.Ledger{Store: s.store, NewOwner: func() string { return "thief" },
			Now: func() time.Time { return time.Now().Add(2 * ledger.Lease) }}
		s.put = func(n int) (int, string) {
			_, err := thief.Claim(t.Context(), ledger.Request{ID: r.ID(), Fingerprint: r.Fingerprint()}, time.Time{})
			if err != nil {
				t.Errorf("taking over: %v", err)
			}
			return 200, ""
		}
		o := s.fulfil(t, r)
		if i := s.item(t, r); o.Word != fulfillment.Held || len(s.callbacks) != 0 || i.Owner != "thief" || i.State != ledger.Claimed {
			t.Errorf("%+v, callbacks %q, ledger %+v", o, s.callbacks, i)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	for _, c := range []struct {
		size             int64
		rate             float64
		deadline, expiry time.Duration
		want             fulfillment.Plan
	}{
		{100 << 20, 0, 280 * time.Second, time.Hour, fulfillment.DeliverNow},
		{5 << 30, 0, 280 * time.Second, time.Hour, fulfillment.DeliverNow},
		{5 << 30, 10 << 20, 280 * time.Second, time.Hour, fulfillment.HandOff},
		{5 << 30, 1 << 20, 280 * time.Second, time.Hour, fulfillment.GiveUp},
		{1, 0, 280 * time.Second, 5 * time.Second, fulfillment.GiveUp},
		{1, 0, 5 * time.Second, time.Hour, fulfillment.HandOff},
	} {
		if got := fulfillment.Budget(c.size, c.rate, now, now.Add(c.deadline), now.Add(c.expiry)); got != c.want {
			t.Errorf("Budget(%d, %.0f, %s, %s) = %d, want %d", c.size, c.rate, c.deadline, c.expiry, got, c.want)
		}
	}
}
