package transfer

import (
	"encoding/xml"
	"errors"
	"fmt"

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

// refusal makes an error of an answer other than 2xx.
func refusal(status int, answer []byte) *RefusedError {
	code := errorCode(answer)
	return &RefusedError{Status: status, Code: code, Verdict: verdictOf(status, code)}
}

// maxCode is the longest error code believed, in bytes.
const maxCode = 48

// errorCode returns the code of an S3 error document, "" for anything else. Only
// letters pass: whatever else the answer holds, the signed request repeated in it
// included, does not.
func errorCode(answer []byte) string {
	var document struct {
		XMLName xml.Name `xml:"Error"`
		Code    string   `xml:"Code"`
	}
	if xml.Unmarshal(answer, &document) != nil || len(document.Code) > maxCode {
		return ""
	}
	for _, r := range document.Code {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return ""
		}
	}
	return document.Code
}
