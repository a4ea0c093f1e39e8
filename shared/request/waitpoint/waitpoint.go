// Package waitpoint completes the waitpoint token that a platform's request
// waits on: it posts the callback's body to the token's URL until the server has
// clearly answered or the time is up.
//
// Invariants: every send carries the same bytes, for the server keeps the first
// completion for good; no redirect is followed; no error shows the URL.
package waitpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

// pauses are the times between two sends.
var pauses = backoff.Steps{First: 500 * time.Millisecond, Longest: 15 * time.Second}

const (
	// The nth send may take n times firstTimeout, longestTimeout at most: a server that
	// hangs is asked again, and one that is slow gets its time.
	firstTimeout   = 20 * time.Second
	longestTimeout = 60 * time.Second
	// lag is how long a replica of the server may not know a token yet.
	lag = time.Minute
	// maxAnswer is how much of an answer is read, in bytes: enough to keep the connection, never kept.
	maxAnswer = 64 << 10
)

// Outcome is what became of the token. The zero value is [Unanswered].
type Outcome int

// The outcomes of [Complete].
const (
	Unanswered       Outcome = iota // no clear answer before the time was up: the token may or may not be completed
	Accepted                        // the server took a send
	AlreadyCompleted                // 409: some completion came first, ours if [Result.Unclear], else another's
	Expired                         // 410: the token is dead
	Refused                         // the server said no, and will say no again
)

// errUnusable replaces an error of net/http that quotes the URL.
var errUnusable = permanentError("callback URL unusable")

// permanentError is an error that no repetition cures.
type permanentError string

func (e permanentError) Error() string { return string(e) }

// Permanent reports true.
func (permanentError) Permanent() bool { return true }

// Result tells how the sends of one [Complete] went.
type Result struct {
	Outcome  Outcome
	Status   int  // of the last answer; 0 if none came
	Attempts int  // sends begun
	Unclear  bool // a send without a clear answer may have completed the token
}

// ErrUnanswered means that time ran out before a clear answer. Repeating later is safe.
var ErrUnanswered = errors.New("callback unanswered")

// RefusedError is an answer that no repetition changes.
type RefusedError struct {
	Status int // HTTP status, 3xx or 4xx
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("callback refused with status %d", e.Status)
}

// Complete posts body, JSON that the caller made once, to callback. It repeats
// after connection errors, 408, 425, 429 and 5xx until ctx ends, so ctx should
// have the token's deadline. 404 is believed a minute after the first: a replica may lag. Every 2xx is
// accepted; 3xx and the remaining 4xx are refusals.
//
// An error of client whose chain has a method Permanent() bool that returns
// true, such as an address that a policy forbids, is returned as it is.
//
// Errors: nil with Accepted, AlreadyCompleted and Expired; *RefusedError with
// Refused; ErrUnanswered, wrapping the last cause, with Unanswered.
func Complete(ctx context.Context, client *http.Client, callback capability.URL, body []byte) (Result, error) {
	plain := *client
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	var result Result
	var missing time.Time // when the first 404 came
	for {
		result.Attempts++
		status, left, err := send(ctx, &plain, callback, body, min(firstTimeout*time.Duration(result.Attempts), longestTimeout))
		if err == nil {
			result.Status = status
		}
		if status == http.StatusNotFound && missing.IsZero() {
			missing = time.Now()
		}
		verdict := judge(status, !missing.IsZero() && time.Since(missing) >= lag)
		switch {
		case safehttp.Permanent(err):
			result.Outcome = Refused
			return result, fmt.Errorf("sending callback: %w", err)
		case err == nil && verdict != Unanswered:
			result.Outcome = verdict
			if verdict == Refused {
				return result, &RefusedError{Status: status}
			}
			return result, nil
		case err == nil:
			err = fmt.Errorf("status %d", status)
		}
		result.Unclear = result.Unclear || left && mayHaveCompleted(status)
		if !pauses.Wait(ctx, result.Attempts) {
			return result, fmt.Errorf("%w after %d attempts: %w", ErrUnanswered, result.Attempts, err)
		}
	}
}

// judge says what a status means; Unanswered is: send again. missing says that 404s have come for
// so long that the token is missing.
func judge(status int, missing bool) Outcome {
	switch {
	case status >= 200 && status < 300:
		return Accepted
	case status == http.StatusConflict:
		return AlreadyCompleted
	case status == http.StatusGone:
		return Expired
	case status == http.StatusNotFound && !missing,
		status == http.StatusRequestTimeout,
		status == http.StatusTooEarly,
		status == http.StatusTooManyRequests,
		status >= 500:
		return Unanswered
	default:
		return Refused
	}
}

// mayHaveCompleted reports whether a send that ended with status, 0 for no
// answer, may have completed the token all the same.
func mayHaveCompleted(status int) bool { return status == 0 || status >= 500 }

// send posts body once, within timeout. left reports whether bytes may have reached the server;
// status is 0 with an error. No error shows the URL.
func send(ctx context.Context, client *http.Client, callback capability.URL, body []byte, timeout time.Duration) (status int, left bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var connected atomic.Bool // the trace may run beside us
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, callback.Reveal(), bytes.NewReader(body))
	if err != nil {
		return 0, false, errUnusable
	}
	request.Header.Set("Content-Type", "application/json")
	request.Close = true // on a connection kept through a frozen Lambda the send would break, and be unclear
	response, err := client.Do(request)
	if err != nil {
		return 0, connected.Load(), safehttp.NoAnswer(err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // the status has said all
	return response.StatusCode, true, nil
}
