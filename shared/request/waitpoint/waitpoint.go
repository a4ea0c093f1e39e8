// Package waitpoint completes the waitpoint token that a platform's request waits for. It posts the
// callback's body to the token's URL until the server answers clearly, or until time runs out.
//
// Invariants: all sends have the same bytes, because the server keeps the first completion for
// good. No redirect is followed. No error shows the URL.
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

// pauses are the pauses between two sends.
var pauses = backoff.Steps{First: 500 * time.Millisecond, Longest: 15 * time.Second}

const (
	// The nth send may take n times firstTimeout, but at most longestTimeout. So a server that
	// hangs is tried again soon, and a slow server gets more time later.
	firstTimeout   = 20 * time.Second
	longestTimeout = 60 * time.Second
	// lag is the longest time for which a replica of the server may answer 404 for a valid token.
	lag = time.Minute
	// maxAnswer is how much of an answer's body is read, in bytes, and discarded.
	maxAnswer = 64 << 10
)

// Outcome says what [Complete] has learnt about the callback's token. The zero value is
// [Unanswered].
type Outcome int

// The outcomes of [Complete].
const (
	Unanswered       Outcome = iota // no clear answer in time: the token may or may not be completed
	Accepted                        // the server accepted a send
	AlreadyCompleted                // 409: the token was completed before, perhaps by our own send if [Result.Unclear] is set
	Expired                         // 410: the token has expired
	Refused                         // the server refused the send, and would refuse it again
)

// errUnusable is returned instead of an error of net/http, because that error contains the URL.
var errUnusable = permanentError("callback URL unusable")

// permanentError is an error that a repeat cannot cure.
type permanentError string

func (e permanentError) Error() string { return string(e) }

// Permanent returns true.
func (permanentError) Permanent() bool { return true }

// Result says how a call of [Complete] ended, and how often it sent the callback.
type Result struct {
	Outcome  Outcome
	Status   int  // the last answer's HTTP status; 0 if there was no answer
	Attempts int  // the number of sends started
	Unclear  bool // whether a send without a clear answer may have completed the token
}

// ErrUnanswered means that time ran out before a clear answer. A later repeat is safe.
var ErrUnanswered = errors.New("callback unanswered")

// RefusedError means that the server refused the callback, and would refuse it again.
type RefusedError struct {
	Status int // the HTTP status of the answer, 3xx or 4xx
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("callback refused with status %d", e.Status)
}

// Complete sends body, which is finished JSON, to the URL callback by POST. It sends again after
// connection errors and after the statuses 408, 425, 429 and 5xx, until ctx ends. So ctx should end
// when the token expires. For a minute it also sends again after 404, because a replica of the
// server may not know the token yet. Every 2xx is accepted. 3xx and all other 4xx are refusals.
//
// If the client's error, or one that it wraps, has a method Permanent() bool that returns true,
// Complete does not send again: the outcome is Refused, and the returned error wraps the permanent
// error. An example is the error of a policy that forbids the address.
//
// The returned error depends on the outcome:
//   - nil for Accepted, AlreadyCompleted and Expired
//   - a *RefusedError for Refused, if the server answered
//   - ErrUnanswered, with the last cause, for Unanswered
func Complete(ctx context.Context, client *http.Client, callback capability.URL, body []byte) (Result, error) {
	plain := *client
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	var result Result
	var missing time.Time // the time of the first 404
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

// judge returns the outcome for a status. Unanswered means that the callback must be sent again.
// The status 404 means Unanswered, unless the argument missing is true: then the server has
// answered 404 for a minute, and 404 means Refused.
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

// mayHaveCompleted reports whether a send may have completed the token although its answer was not
// clear. A status of 0 means no answer.
func mayHaveCompleted(status int) bool { return status == 0 || status >= 500 }

// send posts body once, within timeout. The second result, left, reports whether bytes may have
// left for the server. The status is 0 if there is an error. No error shows the URL.
func send(ctx context.Context, client *http.Client, callback capability.URL, body []byte, timeout time.Duration) (status int, left bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var connected atomic.Bool // whether a connection was made; atomic, because the trace may run in another goroutine
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, callback.Reveal(), bytes.NewReader(body))
	if err != nil {
		return 0, false, errUnusable
	}
	request.Header.Set("Content-Type", "application/json")
	// The connection is not reused: a kept connection may die while Lambda freezes the process, and
	// the next send on it would have an unclear result.
	request.Close = true
	response, err := client.Do(request)
	if err != nil {
		return 0, connected.Load(), safehttp.NoAnswer(err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxAnswer) // the error is ignored: the body is not needed
	return response.StatusCode, true, nil
}
