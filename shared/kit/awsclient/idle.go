package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The default idle timeouts: how long a service may neither take nor send a byte. S3 sometimes
// takes seven seconds and more to answer; the others take milliseconds, and two attempts must
// fit into the ten seconds in which a run writes down how it ended.
const (
	s3IdleTimeout = 10 * time.Second
	idleTimeout   = 4 * time.Second
)

// errIdle is a service that sent and took nothing for that long. The SDK asks again.
type errIdle struct{ timeout time.Duration }

func (e errIdle) Error() string { return "service silent for " + e.timeout.String() }

// RetryableError tells the SDK that another attempt may do.
func (errIdle) RetryableError() bool { return true }

// Timeout says what kind of error it is, as [net.Error] does.
func (errIdle) Timeout() bool { return true }

// idleClient gives up on a service that is silent. The SDK has no such limit: its own timeout
// bounds a whole exchange, whatever its size.
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

// reason returns why an exchange broke off: only the cause of a cancelled context says so.
func reason(ctx context.Context, err error) error {
	if silent, ok := context.Cause(ctx).(errIdle); ok && !errors.Is(err, io.EOF) {
		return silent
	}
	return err
}

// requestBody is a request's body; each read of it shows that the service is alive.
type requestBody struct {
	io.ReadCloser
	timer       *time.Timer
	idleTimeout time.Duration
}

func (b requestBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.idleTimeout)
	return b.ReadCloser.Read(p)
}

// answerBody is an answer's body. Only while it is read must the service send bytes.
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
