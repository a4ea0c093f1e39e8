package transfer

import (
	"encoding/xml"
	"fmt"
	"net/http"
)

// Verdict says what repeating a refused PUT is worth.
type Verdict int

// The verdicts on a refusal. The zero value is Permanent.
const (
	Permanent Verdict = iota // the next PUT would be refused as well
	Once                     // the bytes were hurt on the way: once more, then permanent
	Backoff                  // busy or broken: the same PUT again, later
)

// String names the verdict for logs.
func (v Verdict) String() string {
	switch v {
	case Once:
		return "once"
	case Backoff:
		return "backoff"
	default:
		return "permanent"
	}
}

// RefusedError is an answer to the PUT other than success.
type RefusedError struct {
	Status  int     // HTTP status
	Code    string  // the XML error's code, such as AccessDenied; "" if the answer held none
	Verdict Verdict // what repeating is worth
}

func (e *RefusedError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("upload refused with status %d", e.Status)
	}
	return fmt.Sprintf("upload refused with status %d, %s", e.Status, e.Code)
}

// verdicts holds the codes that say more than their status. R2 documents its own
// as "Error codes"; the rest are S3's.
var verdicts = map[string]Verdict{
	"ExpiredRequest":        Permanent,
	"SignatureDoesNotMatch": Permanent,
	"AccessDenied":          Permanent,
	"EntityTooLarge":        Permanent,
	"BadDigest":             Once,
	"IncompleteBody":        Once,
	"TooManyRequests":       Backoff, // over one write a second to the key
	"InternalError":         Backoff,
	"ServiceUnavailable":    Backoff,
	"SlowDown":              Backoff,
	"RequestTimeout":        Backoff, // S3 sends it with 400
	"OperationAborted":      Backoff, // with 409: another write to the key is under way
}

// maxCode is the longest error code believed, in bytes.
const maxCode = 48

// refusal classifies an answer other than 2xx by its XML code and, where there is
// none or an unknown one, by its status.
func refusal(status int, answer []byte) *RefusedError {
	code := errorCode(answer)
	verdict, known := verdicts[code]
	if !known {
		verdict = verdictOf(status)
	}
	return &RefusedError{Status: status, Code: code, Verdict: verdict}
}

func verdictOf(status int) Verdict {
	switch {
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return Backoff
	default:
		return Permanent
	}
}

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
