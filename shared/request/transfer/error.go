package transfer

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

// ErrConnection means that a PUT got no answer, or an answer that came before the whole body was
// sent.
var ErrConnection = errors.New("upload connection broken")

// The causes of ErrConnection that are not network errors.
var (
	errStalled  = errors.New("no progress in time")
	errEarly    = errors.New("success answered before the body was sent")
	errUnusable = errors.New("upload URL unusable")
)

// connectionError returns an error that wraps ErrConnection and the reason.
func connectionError(err error) error {
	for _, own := range []error{errStalled, errEarly, errUnusable} {
		if errors.Is(err, own) {
			return fmt.Errorf("%w: %w", ErrConnection, own)
		}
	}
	return fmt.Errorf("%w: %w", ErrConnection, safehttp.NoAnswer(err))
}

// RefusedError is the error for a PUT that the server answered, but not with success.
type RefusedError struct {
	Status  int     // the HTTP status of the answer
	Code    string  // the code in the XML error document, such as AccessDenied; "" if the answer had no code
	Verdict Verdict // whether another PUT can succeed
}

func (e *RefusedError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("upload refused with status %d", e.Status)
	}
	return fmt.Sprintf("upload refused with status %d, %s", e.Status, e.Code)
}

// refusal returns the error for an answer other than 2xx to a PUT to the URL.
func refusal(status int, answer []byte, u capability.URL) *RefusedError {
	code := errorCode(answer, u)
	return &RefusedError{Status: status, Code: code, Verdict: verdictOf(status, code)}
}

// maxCode is the length in bytes of the longest accepted error code.
const maxCode = 128

// errorCode returns the code in an S3 error document, or "" for any other answer. The server may
// put secret parts of the request into its answer. So errorCode accepts only letters, digits and
// dots, and no code that repeats a part of the signed URL.
func errorCode(answer []byte, u capability.URL) string {
	var document struct {
		XMLName xml.Name `xml:"Error"`
		Code    string   `xml:"Code"`
	}
	if xml.Unmarshal(answer, &document) != nil {
		return ""
	}
	code := strings.TrimSpace(document.Code)
	if len(code) > maxCode || strings.ContainsFunc(code, notCodeRune) || strings.ContainsAny(code, "0123456789.") && quotes(u, code) {
		return ""
	}
	return code
}

func notCodeRune(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.'
}

// quoted is a length in bytes. A code repeats the URL if both contain the same sequence of this
// length. A shorter code repeats the URL if the URL contains the whole code.
const quoted = 8

// quotes reports whether a code repeats a part of the URL.
func quotes(u capability.URL, code string) bool {
	text, code := strings.ToLower(u.Reveal()), strings.ToLower(code)
	for i := 0; i == 0 || i+quoted <= len(code); i++ {
		if strings.Contains(text, code[i:min(i+quoted, len(code))]) {
			return true
		}
	}
	return false
}
