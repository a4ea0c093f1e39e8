package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The default idle timeouts. If a service neither accepts nor sends a byte for this time, the
// client cancels the request. S3 sometimes takes more than seven seconds to answer. The other
// services take milliseconds, and two attempts must fit into the ten seconds in which a run
// records its result.
const (
	s3IdleTimeout = 10 * time.Second
	idleTimeout   = 4 * time.Second
)

// errIdle means that a service neither accepted nor sent a byte within the timeout. The SDK
// retries a request with this error.
type errIdle struct{ timeout time.Duration }

func (e errIdle) Error() string { return "service silent for " + e.timeout.String() }

// RetryableError tells the SDK that another attempt may succeed.
func (errIdle) RetryableError() bool { return true }

// Timeout marks the error as a timeout, like [net.Error].
func (errIdle) Timeout() bool { return true }

// idleClient stops waiting for a silent service. The SDK has no such limit: its timeout covers
// the whole exchange, whatever the size of the exchange is.
type idleClient struct {
	next        aws.HTTPClient
	idleTimeout time.Duration
}

// Do implements [aws.HTTPClient].
func (c idleClient) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(c.idleTimeout, func() { cancel(errIdle{c.idleTimeout}) })
	watched := r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		watched.Body = requestBody{r.Body, timer, c.idleTimeout}
	}
	response, err := c.next.Do(watched)
	timer.Stop()
	if err != nil {
		defer cancel(nil)
		return nil, reason(ctx, err)
	}
	response.Body = &answerBody{body: response.Body, ctx: ctx, cancel: cancel, timer: timer, idleTimeout: c.idleTimeout}
	return response, nil
}

// reason returns the reason why an exchange failed. It looks at the cause of the cancelled context,
// because the error itself does not show that the service was silent.
func reason(ctx context.Context, err error) error {
	if silent, ok := context.Cause(ctx).(errIdle); ok && !errors.Is(err, io.EOF) {
		return silent
	}
	return err
}

// requestBody is the body of a request. Each read of the body restarts the idle timeout.
type requestBody struct {
	io.ReadCloser
	timer       *time.Timer
	idleTimeout time.Duration
}

func (b requestBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.idleTimeout)
	return b.ReadCloser.Read(p)
}

// answerBody is the body of an answer. The idle timeout runs only while the caller reads the
// body.
type answerBody struct {
	body   io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc

	timer       *time.Timer
	idleTimeout time.Duration
}

func (b *answerBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.idleTimeout)
	n, err := b.body.Read(p)
	b.timer.Stop()
	if err != nil {
		err = reason(b.ctx, err)
	}
	return n, err
}

func (b *answerBody) Close() error {
	b.timer.Stop()
	defer b.cancel(nil)
	return b.body.Close()
}
