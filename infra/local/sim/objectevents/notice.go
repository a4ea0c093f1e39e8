package objectevents

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// maxNotice is the maximum size of a notice in bytes. A key of 1,024 bytes takes at most 6 KiB in
// JSON.
const maxNotice = 64 << 10

// errNotice is the error for a body that is not a notice.
var errNotice = errors.New("not a notice")

// notice is the S3 server's message about a change; the program versitygw writes the same fields.
type notice struct {
	Operation    string    `json:"operation"`
	Bucket       string    `json:"bucket"`
	Key          string    `json:"key"`          // not encoded
	Size         *int64    `json:"size"`         // bytes; nil if unknown
	ETag         string    `json:"etag"`         // without quotes
	VersionID    string    `json:"versionId"`    // empty in an unversioned bucket
	DeleteMarker bool      `json:"deleteMarker"` // whether VersionID is a new delete marker
	Time         time.Time `json:"time"`
	Sequencer    string    `json:"sequencer"`
	RequestID    string    `json:"requestId"`
	SourceIP     string    `json:"sourceIp"`
}

// parseNotice decodes a notice. Errors: errNotice.
func parseNotice(body []byte) (notice, error) {
	var n notice
	if err := json.Unmarshal(body, &n); err != nil {
		return notice{}, fmt.Errorf("%w: %w", errNotice, err)
	}
	if _, ok := detailTypes[n.Operation]; !ok {
		return notice{}, fmt.Errorf("%w: operation %q", errNotice, n.Operation)
	}
	if n.Bucket == "" || n.Key == "" || n.Sequencer == "" || n.Time.IsZero() {
		return notice{}, fmt.Errorf("%w: bucket, key, sequencer or time missing", errNotice)
	}
	return n, nil
}
