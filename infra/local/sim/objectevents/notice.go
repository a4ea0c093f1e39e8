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

// errNotice means that a body is not a notice.
var errNotice = errors.New("not a notice")

// notice is the message that the S3 server posts about a change of an object. The S3 server is the
// program versitygw, whose own type notice has the same members.
type notice struct {
	Operation    string    `json:"operation"`
	Bucket       string    `json:"bucket"`
	Key          string    `json:"key"`          // key of the object, not URL-encoded
	Size         *int64    `json:"size"`         // size in bytes; nil if unknown
	ETag         string    `json:"etag"`         // ETag without quotes
	VersionID    string    `json:"versionId"`    // version id; "" in a bucket without versions
	DeleteMarker bool      `json:"deleteMarker"` // whether VersionID is the id of a new delete marker
	Time         time.Time `json:"time"`
	Sequencer    string    `json:"sequencer"`
	RequestID    string    `json:"requestId"`
	SourceIP     string    `json:"sourceIp"`
}

// parseNotice decodes a notice. It returns errNotice if body is not a valid notice.
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
