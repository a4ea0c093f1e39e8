package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
)

// save stores the wanted request in the ledger as an earlier run would have left it. The function
// edit sets the state in which that run left it.
func (s *fixture) save(t *testing.T, edit func(*ledger.Item)) {
	t.Helper()
	r := wanted()
	item := ledger.Item{
		ID: r.ID(), Version: 1, State: ledger.Claimed, Fingerprint: r.Fingerprint(), Library: library.Name,
		ExpiresAt: r.ExpiresAt, ReceivedAt: time.Now(),
	}
	edit(&item)
	if err := s.store.Save(t.Context(), item); err != nil {
		t.Fatal(err)
	}
}

// uploaded changes a request's item as if an earlier run had uploaded the bytes, but had not
// recorded an answer to the callback.
func uploaded(i *ledger.Item) {
	i.State, i.SHA256 = ledger.Uploaded, sum(film)
	i.Decision = &ledger.Decision{Key: key, Extension: "mp4"}
}

func TestAnOutcomeHasTheTimeLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		if o := s.fulfil(t, wanted()); o.Remaining != time.Hour-2*time.Second {
			t.Errorf("%v left of an hour, after 2 s: %+v", o.Remaining, o)
		}
	})
}

// If an earlier run uploaded the bytes and this run sends only the callback, this run's outcome
// states the uploaded key and the digest.
func TestACallbackOfAnEarlierUploadNamesIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.save(t, uploaded)
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Delivered || o.Decision.Key != key || o.SHA256 != sum(film) || len(s.uploads) != 0 {
			t.Errorf("%+v after %d uploads", o, len(s.uploads))
		}
	})
}

// A request that expires after its upload is unconfirmed: the platform may have accepted its
// callback.
func TestARequestThatExpiredAfterItsUploadIsUnconfirmed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*ledger.Item)
		want bool
	}{"uploaded": {uploaded, true}, "claimed": {func(*ledger.Item) {}, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, r := newFixture(t), wanted()
				s.save(t, c.edit)
				<-time.After(time.Until(r.ExpiresAt))
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: r, Library: library})
				if o.Status != fulfillment.Expired || o.Code != "expired" || o.Unconfirmed != c.want || s.item(t, r).Unconfirmed != c.want {
					t.Errorf("%+v, ledger %+v", o, s.item(t, r))
				}
			})
		})
	}
}

// If the first callback of a new decision is answered with 409 (already completed), another sender
// has completed the waitpoint, so the request is superseded.
func TestAFreshSkipThatWasCompletedBeforeIsSuperseded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.callback = func(int) (int, error) { return http.StatusConflict, nil }
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Superseded || o.Unconfirmed || o.Decision.Skip == "" {
			t.Errorf("%+v", o)
		}
	})
}

// If a run learns after the upload that the platform refused these bytes before, it decides a skip.
// If the callback of this skip is answered with 409 (already completed), another sender has
// completed the waitpoint, so the request is superseded.
func TestASkipAfterAnUploadThatWasCompletedBeforeIsSuperseded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		doc, revision, err := s.index.Document(t.Context(), library, r.Slot.Creative)
		if err == nil {
			doc.Refusals = []masters.Refusal{{Slot: masters.RefusalSlot(r.Slot), Key: "gone.mp4", ETag: "x", SHA256: sum(film)}}
			err = s.index.SaveDocument(t.Context(), library, doc, revision)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.callback = func(int) (int, error) { return http.StatusConflict, nil }
		if o := s.fulfil(t, r); o.Status != fulfillment.Superseded || o.Unconfirmed || o.Decision.Skip != "previously_rejected" || len(s.uploads) != 1 {
			t.Errorf("%+v after %d uploads", o, len(s.uploads))
		}
	})
}

// The code of a skip's outcome is the reason of the skip.
func TestASkipIsCodedByItsReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Skipped || o.Code != "no_match:creative" || s.item(t, wanted()).Code != "no_match:creative" {
			t.Errorf("%+v, ledger %+v", o, s.item(t, wanted()))
		}
	})
}

// If a queued request arrives again, the outcome of the second arrival is marked as repeated.
func TestACopyOfAQueuedRequestIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, q := newFixture(t), &queue{}
		s.service.Queue, s.service.IndexLag = q, time.Hour
		for _, repeated := range []bool{false, true} {
			if o := s.fulfil(t, wanted()); o.Status != fulfillment.Accepted || o.Repeated != repeated || len(q.jobs) != 1 {
				t.Errorf("%+v, %d messages; want it repeated: %t", o, len(q.jobs), repeated)
			}
		}
	})
}

// If a request arrives again for another library while a run works on it, the second arrival goes
// to the queue.
func TestACopyForAnotherLibraryIsQueued(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse bool
		want   fulfillment.Status
		code   string
	}{"the queue takes it": {false, fulfillment.Accepted, "copy_for_another_library"}, "the queue refuses it": {true, fulfillment.Held, "held"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newTeams(t)
				s.queue.refuse = c.refuse
				s.hold(t, ledger.Request{ID: s.request.ID(), Fingerprint: s.request.Fingerprint(), Library: "ours"}, time.Hour)
				if o := s.ask(t, theirs); o.Status != c.want || o.Code != c.code || o.Repeated {
					t.Errorf("%+v, want %s %s", o, c.want, c.code)
				}
				<-time.After(2 * time.Hour)
			})
		})
	}
}

// A run does not start an upload that cannot end before the request expires.
func TestAnUploadThatCannotEndInTimeIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		r.ExpiresAt = time.Now().Add(time.Second)
		o := s.fulfil(t, r)
		if o.Status != fulfillment.Expired || o.Code != "too_late" || o.Decision.Key != key || !strings.Contains(o.Detail, "20000 bytes") || len(s.uploads)+len(s.callbacks) != 0 {
			t.Errorf("%+v after %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
		}
	})
}

// A run without a queue starts an upload even if the upload may not end in time: without a queue,
// no other run would start it.
func TestARunWithoutAQueueBeginsWhatItMayNotEnd(t *testing.T) {
	t.Parallel()
	for name, deadline := range map[string]time.Duration{"little time": 5 * time.Second, "no end": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.add(t, key, film, true, nil)
				job := fulfillment.Job{Request: wanted(), Library: library}
				if deadline > 0 {
					job.Deadline = time.Now().Add(deadline)
				}
				if o := s.service.Fulfil(t.Context(), job); o.Status != fulfillment.Delivered {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

// If the request expires before the storage accepts the upload, the request ends as expired.
func TestAnUploadIsTooLateAtTheExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		r.ExpiresAt = time.Now().Add(15 * time.Second)
		s.put = func(int) (int, string) { <-time.After(15 * time.Second); return http.StatusServiceUnavailable, "" }
		if o := s.fulfil(t, r); o.Status != fulfillment.Expired || o.Code != "upload_too_late" || !time.Now().Equal(r.ExpiresAt) {
			t.Errorf("%+v, %v after the expiry", o, time.Since(r.ExpiresAt))
		}
	})
}

// A request fails before its master is read if the upload URL signs a header that the run does not
// send.
func TestAnUploadURLThatCannotBeUsedFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		r.UploadURL = address(t, "https://account.r2.cloudflarestorage.com/b/k?X-Amz-SignedHeaders=host;x-other")
		if o := s.fulfil(t, r); o.Status != fulfillment.Failed || o.Code != "upload_url" || o.Detail == "" || len(s.uploads)+len(s.callbacks) != 0 {
			t.Errorf("%+v after %d uploads, callbacks %q", o, len(s.uploads), s.callbacks)
		}
	})
}

// replaced is a bucket in which every read finds that the object was replaced.
type replaced struct {
	fulfillment.Bucket
	opens int
}

func (b *replaced) Open(context.Context, string, string, string, int64, int64) (io.ReadCloser, error) {
	b.opens++
	return nil, masters.ErrChanged
}

// A run chooses a replaced master anew at most 8 times, because each choice may upload the whole
// file.
func TestAMasterThatIsReplacedIsChosenAnewEightTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		time  time.Duration
		opens int
	}{"in time": {time.Minute, 8}, "no time": {3200 * time.Millisecond, 7}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newFixture(t)
				s.add(t, key, film, true, nil)
				bucket := &replaced{Bucket: s.bucket}
				s.service.Bucket = bucket
				o := s.service.Fulfil(t.Context(), fulfillment.Job{Request: wanted(), Library: library, Deadline: time.Now().Add(c.time)})
				if o.Status != fulfillment.Retry || o.Code != "master_replaced" || bucket.opens != c.opens || len(s.callbacks) != 0 {
					t.Errorf("%+v after %d reads, want %d; callbacks %q", o, bucket.opens, c.opens, s.callbacks)
				}
			})
		})
	}
}

// If the master is deleted before its upload and no other master replaces it yet, the request stays
// open.
func TestADeletedMasterLeavesItsRequestOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.service.Bucket = &replaced{Bucket: s.bucket}
		time.AfterFunc(200*time.Millisecond, func() { s.bucket.Delete(key) })
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Retry || o.Code != fulfillment.CodeIndex || len(s.uploads)+len(s.callbacks) != 0 {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
	})
}

// A run writes the digest of the delivered bytes into the index document. If other writers keep
// changing the document, the run tries 100 times. If all tries fail, its outcome says so.
func TestADigestIsTriedAHundredTimes(t *testing.T) {
	t.Parallel()
	for overtaken, written := range map[int]bool{99: true, 100: false, 1000: false} {
		t.Run(fmt.Sprint(overtaken), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, saves := newFixture(t), 0
				s.add(t, key, film, true, nil)
				s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, save: func(string) error {
					if saves++; saves <= overtaken {
						return masters.ErrStale
					}
					return nil
				}}}
				o := s.fulfil(t, wanted())
				if o.Status != fulfillment.Delivered || saves != 100 || (o.Detail == "") != written {
					t.Errorf("%+v after %d writes", o, saves)
				}
			})
		})
	}
}

// A delivery goes on if the document cannot be read, or if it no longer lists the master.
func TestADocumentThatChangesDuringAnUploadStopsNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reads  error // the error that reads of the document return once the upload has started
		detail string
	}{"unreadable": {errors.New("503"), "503"}, "without the master": {nil, ""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, begun := newFixture(t), false
				s.add(t, key, film, true, nil)
				s.service.Index = masters.Index{Blobs: watched{Blobs: s.index.Blobs, load: func(string) error {
					if begun {
						return c.reads
					}
					return nil
				}}}
				s.put = func(int) (int, string) {
					doc, revision, err := s.index.Document(t.Context(), library, wanted().Slot.Creative)
					if err == nil {
						err = s.index.SaveDocument(t.Context(), library, doc.Without(key), revision)
					}
					if begun = true; err != nil {
						t.Error(err)
					}
					return http.StatusOK, ""
				}
				o := s.fulfil(t, wanted())
				if o.Status != fulfillment.Delivered || len(s.uploads) != 1 || !strings.Contains(o.Detail, c.detail) || (o.Detail == "") != (c.detail == "") {
					t.Errorf("%+v after %d uploads", o, len(s.uploads))
				}
			})
		})
	}
}

// If the callback and the writing of the digest both fail, the outcome's detail describes the failure
// of the callback.
func TestTheDetailOfAnOutcomeIsAboutTheCallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, key, film, true, nil)
		s.service.Index = masters.Index{Blobs: readOnly{s.index.Blobs}}
		s.callback = func(int) (int, error) { return http.StatusBadRequest, nil }
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Failed || !strings.Contains(o.Detail, "callback refused with status 400") {
			t.Errorf("%+v", o)
		}
	})
}

// If the digest in the ledger is too long, no callback is sent with it: the request fails.
func TestADigestWithOneDigitTooManyConfirmsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.save(t, func(i *ledger.Item) { uploaded(i); i.SHA256 += "0" })
		if o := s.fulfil(t, wanted()); o.Status != fulfillment.Failed || o.Code != "ledger_digest" || len(s.callbacks) != 0 {
			t.Errorf("%+v, callbacks %q", o, s.callbacks)
		}
	})
}
