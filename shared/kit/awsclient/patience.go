package awsclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// How long a service may neither take a byte nor give one, unless told otherwise. S3
// answers late at times, by seven seconds and more; the others within milliseconds, and
// two attempts must fit into the ten seconds that a run has for its last word.
const (
	s3Silence = 10 * time.Second
	silence   = 4 * time.Second
)

// errSilent is a service that says nothing. The SDK asks again.
type errSilent struct{ silence time.Duration }

func (e errSilent) Error() string { return "service silent for " + e.silence.String() }

// RetryableError tells the SDK that another attempt may do.
func (errSilent) RetryableError() bool { return true }

// Timeout says what kind of error it is, as [net.Error] does.
func (errSilent) Timeout() bool { return true }

// patient gives up on a service that is silent. The SDK knows no such limit: its own
// would hold a whole exchange to one time, whatever its size.
type patient struct {
	next    aws.HTTPClient
	silence time.Duration
}

// Do implements [aws.HTTPClient].
func (p patient) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(p.silence, func() { cancel(errSilent{p.silence}) })
	watched := r.WithContext(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		watched.Body = taken{r.Body, timer, p.silence}
	}
	response, err := p.next.Do(watched)
	timer.Stop()
	if err != nil {
		defer cancel(nil)
		return nil, reason(ctx, err)
	}
	response.Body = &given{body: response.Body, ctx: ctx, cancel: cancel, timer: timer, silence: p.silence}
	return response, nil
}

// reason is why an exchange broke off: a cancelled context says so by its cause alone.
func reason(ctx context.Context, err error) error {
	if silent, ok := context.Cause(ctx).(errSilent); ok && !errors.Is(err, io.EOF) {
		return silent
	}
	return err
}

// taken is a request's body; each piece that is taken of it is a sign of life.
type taken struct {
	io.ReadCloser
	timer   *time.Timer
	silence time.Duration
}

func (b taken) Read(p []byte) (int, error) {
	b.timer.Reset(b.silence)
	return b.ReadCloser.Read(p)
}

// given is an answer's body. Only while it is read does its sender owe bytes.
type given struct {
	body   io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc

	timer   *time.Timer
	silence time.Duration
}

func (b *given) Read(p []byte) (int, error) {
	b.timer.Reset(b.silence)
	n, err := b.body.Read(p)
	b.timer.Stop()
	if err != nil {
		err = reason(b.ctx, err)
	}
	return n, err
}

func (b *given) Close() error {
	b.timer.Stop()
	defer b.cancel(nil)
	return b.body.Close()
}
