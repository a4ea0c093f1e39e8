package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// receiver is a fake receiver that answers notices without a network, so that a test can use a
// fake clock.
type receiver struct {
	answer func(key string) (int, error)

	mu    sync.Mutex
	taken []string // keys of the accepted notices
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var n notice
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, err
	}
	status, err := r.answer(n.Key)
	if err != nil {
		return nil, err
	}
	if status < 300 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.taken = append(r.taken, n.Key)
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(&bytes.Buffer{})}, nil
}

func (r *receiver) keys() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.taken)
}

func newTestOutbox(r *receiver) *outbox {
	o := newOutbox("http://receiver.test/")
	o.client.Transport = r
	return o
}

// TestASlowReceiverDelaysNoClientForLong uses a receiver that is away for a minute. The S3 client
// must get its answer after the time that the constant patience states, and the notices must still
// arrive in order.
func TestASlowReceiverDelaysNoClientForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		there := time.Now().Add(time.Minute)
		r := &receiver{answer: func(string) (int, error) {
			if time.Now().Before(there) {
				return 0, errors.New("connection refused")
			}
			return http.StatusNoContent, nil
		}}
		o := newTestOutbox(r)
		begun := time.Now()
		o.send(notice{Key: "first"})
		if waited := time.Since(begun); waited != patience {
			t.Errorf("answered after %v, want %v", waited, patience)
		}
		o.send(notice{Key: "second"})
		if got := r.keys(); len(got) != 0 {
			t.Errorf("taken: %v", got)
		}
		<-time.After(time.Minute)
		o.send(notice{Key: "third"})
		if got := r.keys(); !slices.Equal(got, []string{"first", "second", "third"}) {
			t.Errorf("taken: %v", got)
		}
		o.close()
	})
}

// TestARejectedNoticeDoesNotBlockLaterOnes uses a receiver that rejects one notice for good. The
// outbox must give up this notice, so that later notices arrive.
func TestARejectedNoticeDoesNotBlockLaterOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &receiver{answer: func(key string) (int, error) {
			if key == "bad" {
				return http.StatusBadRequest, nil
			}
			return http.StatusNoContent, nil
		}}
		o := newTestOutbox(r)
		begun := time.Now()
		for _, key := range []string{"a", "bad", "b"} {
			o.send(notice{Key: key})
		}
		if got := r.keys(); !slices.Equal(got, []string{"a", "b"}) || time.Since(begun) != 0 {
			t.Errorf("taken after %v: %v", time.Since(begun), got)
		}
		o.close()
	})
}

// TestWaitingNoticesAreSentAtTheEnd checks that the program, when it ends, sends the notices that
// were not accepted before. The program must end even if the receiver accepts none of them.
func TestWaitingNoticesAreSentAtTheEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		back  time.Duration // time after which the receiver begins to accept notices
		taken int
	}{
		{"receiver comes back", patience + farewell/2, 1},
		{"receiver stays away", time.Hour, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				r := &receiver{answer: func(string) (int, error) {
					if time.Since(begun) < tt.back {
						return http.StatusServiceUnavailable, nil
					}
					return http.StatusNoContent, nil
				}}
				o := newTestOutbox(r)
				o.send(notice{Key: "last"})
				o.close()
				if got := r.keys(); len(got) != tt.taken {
					t.Errorf("taken: %v, want %d", got, tt.taken)
				}
				if ended := time.Since(begun); ended > patience+farewell {
					t.Errorf("ended after %v", ended)
				}
			})
		})
	}
}
