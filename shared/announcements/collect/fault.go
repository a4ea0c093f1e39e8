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

// These codes state in timelines and metrics why a file is not stored. The problems of package
// senders, such as senders.ProblemURLAbsent, are used as codes, too.
const (
	CodeForbidden     = "url_forbidden"  // the URL is not allowed: a private address, not https, or too many redirects
	CodeTooLarge      = "too_large"      // the file has more bytes than the limit
	CodeEmpty         = "empty"          // the file has no bytes
	CodeNotMedia      = "not_media"      // the file is neither a video nor an image
	CodeEncoded       = "encoded"        // the server sent the file compressed, which was not requested
	CodeLength        = "length"         // the file was repeatedly shorter than the server said
	CodeRefused       = "refused"        // the server refused the request, for example with 403 or 404
	CodeServer        = "server"         // the server answered with a temporary error, for example 503
	CodeUnreachable   = "unreachable"    // the server did not accept the connection or did not answer
	CodeCut           = "cut"            // the transfer ended early or stalled
	CodeSlow          = "slow"           // the server sent bytes more slowly than leastRate
	CodeChanged       = "changed"        // the file changed during the transfer
	CodeTime          = "time"           // the run's time ended before the whole file was fetched
	CodeBucket        = "bucket"         // the masters bucket or another store of masterhand failed
	CodeExists        = "exists"         // another object already has the file's key
	CodeForeignBucket = "foreign_bucket" // the sender names a bucket that is not the masters bucket
	CodeAbsent        = "absent"         // the sender names an object of the masters bucket that does not exist
	CodeExpired       = "link_expired"   // the link expired before the file was fetched
	CodeGaveUp        = "gave_up"        // the file was not stored within the time Life
	CodeOrphan        = "astray"         // the file is stored, but an older object remains under wrong coordinates
	CodeUnlisted      = "unlisted"       // the timeline lists MaxFiles files and has no room for this one
)

// verdict says whether a file is tried again after a fault, and for how long.
type verdict int

const (
	later   verdict = iota // retry until the link expires, at most for the time Life
	soon                   // like later; but if the link's expiry is unknown, retry only for the time refusedFor
	forever                // do not retry
)

// fault is the reason why the fetch of a file stopped. It implements error.
type fault struct {
	code    string
	verdict verdict
	cause   error // the underlying error, which contains no URL; nil if there is none
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

// The causes that stop a download, apart from network errors.
var (
	errStalled = errors.New("the server sent too few bytes in time")
	errShort   = errors.New("the answer ended before its length")
)

// connecting converts an error of [http.Client.Do] to a fault.
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

// shown returns an error's text without URLs and shortened to 200 characters. Both are necessary
// because the text may quote the server's answer.
func shown(err error) string {
	const most = 200
	text := capability.Redact(err.Error())
	return string([]rune(text)[:min(len([]rune(text)), most)])
}
