package waitpoint_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/waitpoint"
)

// scripted answers the nth send with the nth status, then repeats the last status. It answers at
// once, or only when the client gives up. It records when each send began, and how many bytes of
// the answers were read.
type scripted struct {
	statuses []int // the statuses of the answers; 0 means no answer
	began    []time.Time
	read     int
	closed   int
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	status := s.statuses[min(len(s.began), len(s.statuses)-1)]
	s.began = append(s.began, time.Now())
	if status == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Body: s, Request: r, Header: http.Header{}}, nil
}

// Read implements [io.Reader] for the body of an answer; the body never ends.
func (s *scripted) Read(p []byte) (int, error) { s.read += len(p); return len(p), nil }

func (s *scripted) Close() error { s.closed++; return nil }

func (s *scripted) complete(t *testing.T, within time.Duration) (waitpoint.Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return waitpoint.Complete(ctx, &http.Client{Transport: s}, mustParse(t, pipenet.URL+secretPath), []byte(body))
}

func TestEachStatusAtItsBorder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statuses []int
		want     waitpoint.Result
	}{
		"switching":           {[]int{101}, waitpoint.Result{Outcome: waitpoint.Refused, Status: 101, Attempts: 1}},
		"the last accepted":   {[]int{299}, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 299, Attempts: 1}},
		"the first redirect":  {[]int{300}, waitpoint.Result{Outcome: waitpoint.Refused, Status: 300, Attempts: 1}},
		"the last refusal":    {[]int{499}, waitpoint.Result{Outcome: waitpoint.Refused, Status: 499, Attempts: 1}},
		"a server's error":    {[]int{500, 409}, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 2, Unclear: true}},
		"missing, and later":  {[]int{404, 503, 404, 200}, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: 4, Unclear: true}},
		"once unclear, ever":  {[]int{500, 429, 409}, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 3, Unclear: true}},
		"busy is not unclear": {[]int{429, 425, 409}, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				far := &scripted{statuses: c.statuses}
				if got, _ := far.complete(t, time.Minute); got != c.want {
					t.Errorf("%+v, want %+v", got, c.want)
				}
				if far.closed != len(far.began) || far.read != 64<<10*len(far.began) {
					t.Errorf("of %d answers %d are closed, and %d bytes read; want 64 KiB of each", len(far.began), far.closed, far.read)
				}
			})
		})
	}
}

// The first pause is at most half a second, and every later pause is at most 15 s.
func TestThePauseBetweenSendsIsAtMostFifteenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := &scripted{statuses: []int{503}}
		_, err := far.complete(t, 10*time.Minute)
		if !errors.Is(err, waitpoint.ErrUnanswered) || !strings.HasSuffix(err.Error(), "status 503") {
			t.Errorf("error %v", err)
		}
		longest := time.Duration(0)
		for i, began := range far.began[1:] {
			pause := began.Sub(far.began[i])
			if longest = max(longest, pause); i == 0 && pause > 500*time.Millisecond {
				t.Errorf("the first pause is %v", pause)
			}
		}
		if longest > 15*time.Second || longest < 7500*time.Millisecond {
			t.Errorf("the longest pause of %d is %v", len(far.began)-1, longest)
		}
	})
}

// The nth send may take n times 20 s, but at most a minute.
func TestASlowServerGetsAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		far := &scripted{statuses: []int{0}}
		_, _ = far.complete(t, 10*time.Minute)
		for i, took := range []time.Duration{20 * time.Second, 40 * time.Second, time.Minute, time.Minute, time.Minute} {
			if got := far.began[i+1].Sub(far.began[i]); got < took || got > took+15*time.Second {
				t.Errorf("send %d gets %v, want %v and a pause", i+1, got, took)
			}
		}
	})
}
