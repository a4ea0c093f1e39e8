package fulfillment_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/transfer"
)

// If a callback got no clear answer and a later one is answered with 409 (already completed), this
// does not prove that another sender completed the waitpoint: the first callback may have done so.
func TestACallbackWithoutAnswerMayHaveBeenOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		s.callback = func(n int) (int, error) {
			if n == 1 {
				return http.StatusBadGateway, nil
			}
			return http.StatusConflict, nil
		}
		if o := s.fulfil(t, r); o.Status != fulfillment.Delivered || !o.Unconfirmed || !s.item(t, r).Unconfirmed {
			t.Errorf("%+v", o)
		}
	})
}

// If a callback is still unanswered when the request expires, the request ends. A moment before the
// expiry, the run leaves the request for another try.
func TestACallbackIsUnansweredAtTheExpiry(t *testing.T) {
	t.Parallel()
	for until, want := range map[time.Duration]fulfillment.Status{0: fulfillment.Expired, -1: fulfillment.Retry} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newFixture(t), wanted()
			s.add(t, key, film, true, nil)
			s.callback = func(int) (int, error) {
				<-time.After(time.Until(r.ExpiresAt) + until)
				return http.StatusBadGateway, nil
			}
			r.ExpiresAt = time.Now().Add(15 * time.Second)
			if o := s.fulfil(t, r); o.Status != want {
				t.Errorf("unanswered %v from the expiry: %+v, want %s", until, o, want)
			}
		})
	}
}

func TestAnUnreadableDigestConfirmsNothing(t *testing.T) {
	t.Parallel()
	for _, digest := range []string{"no hex", "0f"} {
		synctest.Test(t, func(t *testing.T) {
			s, r := newFixture(t), wanted()
			item := ledger.Item{
				ID: r.ID(), Version: 1, State: ledger.Uploaded, Fingerprint: r.Fingerprint(), Library: library.Name,
				Decision: &ledger.Decision{Key: key, Extension: "mp4"}, SHA256: digest, ExpiresAt: r.ExpiresAt, ReceivedAt: time.Now(),
			}
			if err := s.store.Save(t.Context(), item); err != nil {
				t.Fatal(err)
			}
			if o := s.fulfil(t, r); o.Status != fulfillment.Failed || o.Code != "ledger_digest" || len(s.callbacks) != 0 {
				t.Errorf("digest %q: %+v, callbacks %q", digest, o, s.callbacks)
			}
		})
	}
}

// The queue's worker never hands a request off: it starts an upload even if its time may not
// suffice.
func TestTheQueuesWorkerHandsNothingOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.service.Queue = &queue{}
		s.add(t, key, film, true, nil)
		o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: library, Deadline: time.Now().Add(5 * time.Second), FromQueue: true})
		if o.Status != fulfillment.Delivered {
			t.Errorf("%+v", o)
		}
	})
}

func TestAnAnswerFromTheLedgerNamesItsMaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		for _, repeated := range []bool{false, true} {
			if o := s.fulfil(t, r); o.Repeated != repeated || o.Decision.Key != key {
				t.Errorf("%+v", o)
			}
		}
	})
}

func TestARefusedUploadNamesItsMaster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.put = func(int) (int, string) { return 403, "" }
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Failed || o.Decision.Key != key {
			t.Errorf("%+v", o)
		}
	})
}

func TestAMasterThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, func(m *masters.Master) { m.Probed, m.Extension, m.Unread = false, "", "AccessDenied" })
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || !strings.Contains(o.Detail, key) || !strings.Contains(o.Detail, "AccessDenied") {
			t.Errorf("%+v", o)
		}
	})
}

// tagging is the platform's storage. It answers an upload with the ETag of other bytes.
type tagging struct{ *fixture }

func (f tagging) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := f.fixture.RoundTrip(r)
	if err == nil {
		response.Header.Set("ETag", `"00"`)
	}
	return response, err
}

// A run compares the ETag of an upload with the MD5 of the bytes only for files up to 64 MiB,
// because the MD5 costs as much CPU as all other work.
func TestFilesUpTo64MiBAreHeldAgainstTheirETag(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]bool{64 << 20: true, 64<<20 + 1: false} {
		synctest.Test(t, func(t *testing.T) {
			s := newFixture(t)
			s.service.Mover = &transfer.Mover{Client: &http.Client{Transport: tagging{s}}}
			s.add(t, key, bytes.Repeat([]byte("x"), size), true, nil)
			if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered || o.ETagDiffers != want {
				t.Errorf("of %d bytes: %s, differs %v", size, o.Status, o.ETagDiffers)
			}
		})
	}
}

// A run starts an upload only if it can end in time at the measured speed. Only transfers of at
// least 8 MiB are measured. After each of them, the new speed is the mean of the old speed and the
// speed of this transfer.
func TestTheRateIsLearntFromLargeFiles(t *testing.T) {
	t.Parallel()
	type past struct {
		size int
		took time.Duration
	}
	const mib = 1 << 20
	for name, c := range map[string]struct {
		past     []past
		deadline time.Duration // the time from now to the deadline of a run that must upload 8 MiB
		fits     bool
	}{
		"nothing measured":   {nil, 11 * time.Second, true},
		"1 MiB/s":            {[]past{{8 * mib, 8 * time.Second}}, 18 * time.Second, true},
		"1 MiB/s, no time":   {[]past{{8 * mib, 8 * time.Second}}, 17 * time.Second, false},
		"too small to tell":  {[]past{{8*mib - 1, 80 * time.Second}}, 11 * time.Second, true},
		"1 and then 3 MiB/s": {[]past{{8 * mib, 8 * time.Second}, {12 * mib, 4 * time.Second}}, 14 * time.Second, true},
		"and less time":      {[]past{{8 * mib, 8 * time.Second}, {12 * mib, 4 * time.Second}}, 14*time.Second - 1, false},
		"in no time":         {[]past{{8 * mib, 0}}, 10*time.Second + 10, false},
		"in the least time":  {[]past{{8 * mib, 1}}, 10*time.Second + 10, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, q := newFixture(t), &queue{}
				ask := func(n, size int, deadline time.Duration) fulfillment.Outcome {
					r := wanted()
					r.StorageKey = strings.Repeat("k", n+1)
					r.CompleteURL = address(t, "https://api.trigger.dev/"+strings.Repeat("x", n+1))
					s.add(t, key, make([]byte, size), true, nil)
					return s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: library, Deadline: time.Now().Add(deadline)})
				}
				for n, p := range c.past {
					s.put = func(int) (int, string) { <-time.After(p.took); return 200, "" }
					if o := ask(n, p.size, 280*time.Second); o.Status != fulfillment.Delivered {
						t.Fatalf("%+v", o)
					}
				}
				s.service.Queue, s.put = q, nil
				o := ask(len(c.past), 8*mib, c.deadline)
				if (o.Status == fulfillment.Delivered) != c.fits {
					t.Errorf("%+v, want it to fit: %v", o, c.fits)
				}
			})
		})
	}
}

// address parses a URL.
func address(t *testing.T, text string) capability.URL {
	t.Helper()
	u, err := capability.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// saves counts the writes to an index.
type saves struct {
	masters.Blobs
	count int
}

func (s *saves) Save(ctx context.Context, name string, data []byte, revision string) (string, error) {
	s.count++
	return s.Blobs.Save(ctx, name, data, revision)
}

// The digest of an upload is written once, into the uploaded master's entry and into no other
// entry.
func TestADigestIsWrittenBesideItsMasterAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*masters.Master)
		want      string
		writes    int
	}{
		"as it was":      {nil, sum(film), 1},
		"written before": {func(m *masters.Master) { m.SHA256 = sum(film) }, sum(film), 0},
		"replaced":       {func(m *masters.Master) { m.ETag = `"new"` }, "", 0},
		"written again":  {func(m *masters.Master) { m.VersionID = "v2" }, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, blobs := newFixture(t), &saves{}
				blobs.Blobs = s.index.Blobs
				s.service.Index = masters.Index{Blobs: blobs}
				s.add(t, key, film, true, nil)
				// the number of writes that fail: 1 after the test has changed the document, else 0
				failed := 0
				s.put = func(int) (int, string) {
					if c.meanwhile == nil {
						return 200, ""
					}
					doc, revision, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
					m := *doc.Find(key)
					c.meanwhile(&m)
					if err == nil {
						err = s.index.SaveDocument(t.Context(), library, doc.Put(m), revision)
					}
					if err != nil {
						t.Error(err)
					}
					failed = 1
					return 200, ""
				}
				o := s.fulfil(t, wanted())
				doc, _, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
				if err != nil || doc.Find(key).SHA256 != c.want || blobs.count != c.writes+failed {
					t.Errorf("%s: %+v after %d writes, %v", o.Status, doc.Find(key), blobs.count, err)
				}
			})
		})
	}
}

func TestOutcomesThatGiveWayAreCounted(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		fulfillment.CodeOtherLibrary: {`SkipsLeftToOthers=1 Count []`}, fulfillment.CodeLost: nil, "transfer": nil,
	} {
		_, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) {
			var m telemetry.Measures
			fulfillment.Outcome{Status: fulfillment.Retry, Code: code}.Measure(&m)
			to.Measure(t.Context(), m)
		})
		if !slices.Equal(metrics, want) {
			t.Errorf("%s: %q, want %q", code, metrics, want)
		}
	}
}

// The status 409 means that the waitpoint is already completed. If an earlier run decided the skip,
// its callback may have completed the waitpoint, so the outcome is Skipped, but unconfirmed.
func TestASkipDecidedBeforeMayHaveBeenOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		item := ledger.Item{
			ID: r.ID(), Version: 1, State: ledger.Claimed, Fingerprint: r.Fingerprint(), Library: library.Name,
			Decision: &ledger.Decision{Skip: "no_match:creative"}, ExpiresAt: r.ExpiresAt, ReceivedAt: time.Now(),
		}
		if err := s.store.Save(t.Context(), item); err != nil {
			t.Fatal(err)
		}
		s.callback = func(int) (int, error) { return http.StatusConflict, nil }
		if o := s.fulfil(t, r); o.Status != fulfillment.Skipped || !o.Unconfirmed {
			t.Errorf("%+v", o)
		}
	})
}
