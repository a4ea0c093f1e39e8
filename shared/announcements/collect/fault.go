package collect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

// Why a file is not stored, as timelines and metrics have it. Beside these stand the
// senders' problems.
const (
	CodeForbidden     = "url_forbidden"  // leads where nothing is fetched from: inside, not https, too many redirects
	CodeTooLarge      = "too_large"      // more bytes than the limit
	CodeEmpty         = "empty"          // no bytes
	CodeNotMedia      = "not_media"      // neither video nor image
	CodeEncoded       = "encoded"        // sent compressed, though nobody asked for it
	CodeLength        = "length"         // shorter than the server says, again and again
	CodeRefused       = "refused"        // the server has it not, or not for us
	CodeServer        = "server"         // the server has a problem
	CodeUnreachable   = "unreachable"    // no connection, no answer
	CodeCut           = "cut"            // ended or stalled midway
	CodeSlow          = "slow"           // fewer bytes a second than leastRate
	CodeChanged       = "changed"        // became another file midway
	CodeTime          = "time"           // more than one run can fetch
	CodeBucket        = "bucket"         // our own S3
	CodeExists        = "exists"         // another object has its key
	CodeForeignBucket = "foreign_bucket" // said to be in a bucket that is not ours
	CodeAbsent        = "absent"         // said to be in our bucket, and is not
	CodeExpired       = "link_expired"   // its link ended before it could be fetched
	CodeGaveUp        = "gave_up"        // tried for all of Life
	CodeOrphan        = "astray"         // stored, and under coordinates too that have been corrected since
	CodeUnlisted      = "unlisted"       // beyond the files that a timeline has room for
)

// verdict says whether it makes sense to try again.
type verdict int

const (
	later   verdict = iota // until the link ends
	soon                   // until the link ends; for refusedFor where nobody knows when
	forever                // never again
)

// fault is why fetching a file stopped.
type fault struct {
	code    string
	verdict verdict
	cause   error // holds no URL
}

func (f *fault) Error() string {
	if f.cause == nil {
		return f.code
	}
	return f.code + ": " + f.cause.Error()
}

func (f *fault) Unwrap() error { return f.cause }

func faulty(code string, v verdict, format string, values ...any) *fault {
	return &fault{code: code, verdict: v, cause: fmt.Errorf(format, values...)}
}

// What stops a download beside the network.
var (
	errStalled = errors.New("no bytes in time")
	errShort   = errors.New("ended before its length")
)

// connecting judges an error of [http.Client.Do].
func connecting(ctx context.Context, err error) *fault {
	err = safehttp.WithoutURL(err)
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	switch {
	case safehttp.Permanent(err):
		return &fault{code: CodeForbidden, verdict: forever, cause: err}
	case errors.Is(context.Cause(ctx), errStalled):
		return &fault{code: CodeUnreachable, verdict: later, cause: errStalled}
	case ctx.Err() != nil:
		return &fault{code: CodeTime, verdict: later, cause: ctx.Err()}
	case errors.As(err, &certificate):
		return faulty(CodeUnreachable, later, "certificate not trusted")
	case errors.As(err, &dns):
		return faulty(CodeUnreachable, later, "host not resolved")
	}
	return faulty(CodeUnreachable, later, "%s", shown(err))
}

// shown makes an error's text fit to be kept: it may repeat what a server sent.
func shown(err error) string {
	const most = 200
	text := capability.Redact(err.Error())
	return string([]rune(text)[:min(len([]rune(text)), most)])
}
