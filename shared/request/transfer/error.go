package transfer

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

// ErrConnection is a PUT that got no answer, or none that counts.
var ErrConnection = errors.New("upload connection broken")

// What breaks a connection beside the network itself.
var (
	errStalled  = errors.New("no progress in time")
	errEarly    = errors.New("success answered before the body was sent")
	errUnusable = errors.New("upload URL unusable")
)

// connectionError returns the error of a PUT without an answer, which wraps ErrConnection.
func connectionError(err error) error {
	for _, own := range []error{errStalled, errEarly, errUnusable} {
		if errors.Is(err, own) {
			return fmt.Errorf("%w: %w", ErrConnection, own)
		}
	}
	return fmt.Errorf("%w: %w", ErrConnection, safehttp.NoAnswer(err))
}

// RefusedError is an answer to the PUT other than success.
type RefusedError struct {
	Status  int     // HTTP status
	Code    string  // the XML error's code, such as AccessDenied; "" if the answer held none
	Verdict Verdict // whether repeating can help
}

func (e *RefusedError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("upload refused with status %d", e.Status)
	}
	return fmt.Sprintf("upload refused with status %d, %s", e.Status, e.Code)
}

// refusal makes an error of an answer other than 2xx to a PUT to the URL.
func refusal(status int, answer []byte, u capability.URL) *RefusedError {
	code := errorCode(answer, u)
	return &RefusedError{Status: status, Code: code, Verdict: verdictOf(status, code)}
}

// maxCode is the longest error code believed, in bytes.
const maxCode = 128

// errorCode returns the code of an S3 error document, "" for anything else. Letters, digits and
// dots pass, unless they are a part of the signed URL: whatever else the answer holds, the
// signed request repeated in it included, does not.
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

// quoted is how many bytes in a row of a code and of the URL show that it repeats the URL.
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
