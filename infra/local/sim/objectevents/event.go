package objectevents

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// detailTypes maps each S3 operation to the detail-type of its event in EventBridge.
var detailTypes = map[string]string{
	"PutObject":               created,
	"POST Object":             created,
	"CopyObject":              created,
	"CompleteMultipartUpload": created,
	"DeleteObject":            deleted,
	"PutObjectTagging":        "Object Tags Added",
	"DeleteObjectTagging":     "Object Tags Deleted",
}

const (
	created = "Object Created"
	deleted = "Object Deleted"
)

// event is EventBridge's event of a bucket, as S3's user guide describes it under "EventBridge
// event message structure". For each kind of event, it leaves out the same fields as AWS (size,
// sequencer, reason, deletion-type). Difference from AWS: it lacks the ETag of a version that was
// deleted for good.
type event struct {
	Version    string   `json:"version"` // version of the envelope, always "0"
	ID         string   `json:"id"`
	DetailType string   `json:"detail-type"`
	Source     string   `json:"source"`
	Account    string   `json:"account"`
	Time       string   `json:"time"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     detail   `json:"detail"`
}

type detail struct {
	Version      string `json:"version"`
	Bucket       bucket `json:"bucket"`
	Object       object `json:"object"`
	RequestID    string `json:"request-id"`
	Requester    string `json:"requester"`
	SourceIP     string `json:"source-ip-address"`
	Reason       string `json:"reason,omitempty"`
	DeletionType string `json:"deletion-type,omitempty"`
}

type bucket struct {
	Name string `json:"name"`
}

type object struct {
	Key       string `json:"key"` // key of the object, not URL-encoded
	Size      *int64 `json:"size,omitempty"`
	ETag      string `json:"etag,omitempty"` // ETag of the object, without quotes
	VersionID string `json:"version-id,omitempty"`
	Sequencer string `json:"sequencer,omitempty"` // a hexadecimal number that increases with each change of a key
}

func (n notice) event(region, account string) event {
	e := event{
		Version: "0", ID: newID(), DetailType: detailTypes[n.Operation], Source: "aws.s3", Account: account,
		Time: n.Time.UTC().Format(time.RFC3339), Region: region, Resources: []string{"arn:aws:s3:::" + n.Bucket},
		Detail: detail{
			Version: "0", Bucket: bucket{Name: n.Bucket},
			Object:    object{Key: n.Key, ETag: n.ETag, VersionID: n.VersionID},
			RequestID: n.RequestID, Requester: account, SourceIP: n.SourceIP,
		},
	}
	switch e.DetailType {
	case created:
		e.Detail.Object.Size, e.Detail.Object.Sequencer, e.Detail.Reason = n.Size, n.Sequencer, n.Operation
	case deleted:
		e.Detail.Object.Sequencer, e.Detail.Reason = n.Sequencer, n.Operation
		e.Detail.DeletionType = "Permanently Deleted"
		if n.DeleteMarker {
			e.Detail.DeletionType = "Delete Marker Created"
		}
	}
	return e
}

// json encodes the event e in one line. It does not escape &, < and >.
func (e event) json() (string, error) {
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	err := w.Encode(e)
	return surrogates(strings.TrimSuffix(b.String(), "\n")), err
}

// surrogates replaces characters beyond U+FFFF, such as emoji, by their JSON escapes, because the
// local SQS wrongly rejects these characters.
func surrogates(text string) string {
	var b strings.Builder
	for _, r := range text {
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// newID returns a random UUID (version 4).
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
