package waitpoint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/request/transfer/pipenet"
	"masterhand/shared/request/waitpoint"
)

const (
	secretPath = "/api/v1/waitpoints/tokens/waitpoint_s3cr3t/callback/5f00d?tok=s3cr3t%2Fx&a=b+c"
	body       = `{"storageKey":"fb-external/p/HRT-1212/v2/en/9x16.video","extension":"mp4"}`
)

// reply is one answer of the counterpart: a status, or a way not to answer.
type reply int

const (
	reset reply = -1 // the connection breaks after the request was read
	hang  reply = -2 // no answer while the client waits
)

// counterpart answers as the waitpoint server does, with the statuses of its script, and then
// repeats the last status. It answers 411 to a request without a length, and accepts only POST.
type counterpart struct {
	script []reply

	mu    sync.Mutex
	calls int
	seen  []error // what was wrong with each request; nil if nothing was
}

func (c *counterpart) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got, err := io.ReadAll(r.Body)
	c.mu.Lock()
	answer := c.script[min(c.calls, len(c.script)-1)]
	c.calls++
	c.seen = append(c.seen, err, c.check(r, string(got)))
	c.mu.Unlock()
	switch answer {
	case reset:
		panic(http.ErrAbortHandler)
	case hang:
		<-r.Context().Done()
	default:
		w.Header().Set("Location", "https://elsewhere.test/"+secretPath)
		w.WriteHeader(int(answer))
		fmt.Fprint(w, strings.Repeat("echo "+secretPath, 10_000)) // longer than the part of an answer that a client should read
	}
}

func (c *counterpart) check(r *http.Request, got string) error {
	switch {
	case r.Method != http.MethodPost:
		return fmt.Errorf("method %s", r.Method)
	case r.RequestURI != secretPath:
		return fmt.Errorf("address %s", r.RequestURI)
	case r.ContentLength != int64(len(body)):
		return fmt.Errorf("411: content length %d", r.ContentLength)
	case got != body:
		return fmt.Errorf("body %q", got)
	case r.Header.Get("Content-Type") != "application/json":
		return fmt.Errorf("content type %q", r.Header.Get("Content-Type"))
	case r.Header.Get("Authorization") != "" || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Expect") != "":
		return fmt.Errorf("headers %v", r.Header)
	}
	return nil
}

func mustParse(t *testing.T, raw string) capability.URL {
	t.Helper()
	u, err := capability.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestComplete(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	for name, test := range map[string]struct {
		script   []reply
		deadline time.Duration
		want     waitpoint.Result
	}{
		"accepted":                    {[]reply{200}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: 1}},
		"accepted for later":          {[]reply{202}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 202, Attempts: 1}},
		"accepted without content":    {[]reply{204}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 204, Attempts: 1}},
		"another was first":           {[]reply{409}, minute, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 1}},
		"expired":                     {[]reply{410}, minute, waitpoint.Result{Outcome: waitpoint.Expired, Status: 410, Attempts: 1}},
		"busy, then accepted":         {[]reply{429, 425, 408, 200}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: 4}},
		"broken, then ours may stand": {[]reply{reset, 409}, minute, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 2, Unclear: true}},
		"error, then ours may stand":  {[]reply{502, 409}, minute, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 2, Unclear: true}},
		"hanging, then accepted":      {[]reply{hang, 200}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: 2, Unclear: true}},
		"busy, then another's":        {[]reply{429, 409}, minute, waitpoint.Result{Outcome: waitpoint.AlreadyCompleted, Status: 409, Attempts: 2}},
		"missing once":                {[]reply{404, 200}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: 2}},
		"missing three times":         {[]reply{404, 404, 404, 200}, minute, waitpoint.Result{Outcome: waitpoint.Accepted, Status: 200, Attempts: 4}},
		"bad request":                 {[]reply{400}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 400, Attempts: 1}},
		"unauthorised":                {[]reply{401}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 401, Attempts: 1}},
		"forbidden":                   {[]reply{403}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 403, Attempts: 1}},
		"length wanted":               {[]reply{411}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 411, Attempts: 1}},
		"too large":                   {[]reply{413}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 413, Attempts: 1}},
		"unknown refusal":             {[]reply{422}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 422, Attempts: 1}},
		"moved":                       {[]reply{302}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 302, Attempts: 1}},
		"moved for good":              {[]reply{308}, minute, waitpoint.Result{Outcome: waitpoint.Refused, Status: 308, Attempts: 1}},
		"never clear":                 {[]reply{hang}, 30 * time.Second, waitpoint.Result{Attempts: 2, Unclear: true}},
		"busy throughout":             {[]reply{429}, 3 * time.Second, waitpoint.Result{Status: 429, Attempts: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { checkComplete(t, test.script, test.deadline, test.want) })
		})
	}
}

func checkComplete(t *testing.T, script []reply, within time.Duration, want waitpoint.Result) {
	far := &counterpart{script: script}
	client := pipenet.Serve(t, far)
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()

	got, err := waitpoint.Complete(ctx, client, mustParse(t, pipenet.URL+secretPath), []byte(body))

	// the number of attempts may differ by one, because the pauses are random
	if want.Outcome == waitpoint.Unanswered && want.Status != 0 {
		if got.Attempts < want.Attempts-1 || got.Attempts > want.Attempts+1 {
			t.Errorf("%d attempts, want about %d", got.Attempts, want.Attempts)
		}
		got.Attempts = want.Attempts
	}
	if got != want {
		t.Errorf("result %+v, want %+v", got, want)
	}
	checkError(t, got, err)
	far.mu.Lock()
	defer far.mu.Unlock()
	if err := errors.Join(far.seen...); err != nil {
		t.Errorf("the request: %v", err)
	}
}

// checkError fails the test unless the error fits the outcome.
func checkError(t *testing.T, got waitpoint.Result, err error) {
	t.Helper()
	var refused *waitpoint.RefusedError
	switch got.Outcome {
	case waitpoint.Unanswered:
		if !errors.Is(err, waitpoint.ErrUnanswered) {
			t.Errorf("error %v, want ErrUnanswered", err)
		}
	case waitpoint.Refused:
		if !errors.As(err, &refused) || refused.Status != got.Status {
			t.Errorf("error %v, want *RefusedError with status %d", err, got.Status)
		}
	default:
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
	}
	checkSecret(t, err)
}

// checkSecret fails the test if an error, or one that it wraps, shows the URL.
func checkSecret(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "s3cr3t") || strings.Contains(text, "waitpoints") {
			t.Errorf("the error shows the URL: %s", text)
		}
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, part := range joined.Unwrap() {
				checkSecret(t, part)
			}
		}
	}
}

// forbidden is the error of a client that refuses to connect to an address.
type forbidden struct{}

func (forbidden) Error() string   { return "address not public" }
func (forbidden) Permanent() bool { return true }

func TestCompleteWithoutAConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		dial    error
		outcome waitpoint.Outcome
	}{
		"unreachable, so nothing was sent":     {&net.DNSError{Err: "no such host", Name: "pipenet.test"}, waitpoint.Unanswered},
		"forbidden, which nothing will change": {forbidden{}, waitpoint.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := &http.Client{Transport: &http.Transport{
					DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, test.dial },
				}}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				got, err := waitpoint.Complete(ctx, client, mustParse(t, pipenet.URL+secretPath), []byte(body))
				if got.Outcome != test.outcome || got.Unclear || got.Status != 0 || err == nil {
					t.Errorf("Complete = %+v, %v; want %v and nothing unclear", got, err, test.outcome)
				}
				if !errors.Is(err, test.dial) {
					t.Errorf("error %v does not wrap %v", err, test.dial)
				}
				checkSecret(t, err)
			})
		})
	}
}

func TestCompleteEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := pipenet.Serve(t, &counterpart{script: []reply{hang}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		got, err := waitpoint.Complete(ctx, client, mustParse(t, pipenet.URL+secretPath), []byte(body))
		if !errors.Is(err, context.Canceled) || !errors.Is(err, waitpoint.ErrUnanswered) || !got.Unclear {
			t.Errorf("Complete = %+v, %v; want an unclear result and a canceled context", got, err)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %v after a cancel at 1 s", took)
		}
		checkSecret(t, err)
	})
}
