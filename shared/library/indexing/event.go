package indexing

import (
	"encoding/json"
	"errors"
	"fmt"

	"masterhand/shared/library/placement"
)

// Event reports that something happened to a key. The indexer reads the object itself to learn
// its present state.
type Event struct {
	Bucket string
	Key    string // not URL-encoded: EventBridge sends it as it is
	Type   string // the event's detail-type, for the log
}

// maxEvent is the size limit of an SQS message, in bytes.
const maxEvent = 1 << 20

// ErrEvent means that a message is not an S3 object event from EventBridge.
var ErrEvent = errors.New("message is not an S3 event from EventBridge")

// ParseEvent parses EventBridge's S3 event from the body of a message. Errors: ErrEvent.
func ParseEvent(body string) (Event, error) {
	if len(body) > maxEvent {
		return Event{}, fmt.Errorf("%w: over 1 MiB", ErrEvent)
	}
	var wire struct {
		Source     string `json:"source"`
		DetailType string `json:"detail-type"`
		Detail     struct {
			Bucket struct {
				Name string `json:"name"`
			} `json:"bucket"`
			Object struct {
				Key string `json:"key"`
			} `json:"object"`
		} `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &wire); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	e := Event{Bucket: wire.Detail.Bucket.Name, Key: wire.Detail.Object.Key, Type: wire.DetailType}
	if wire.Source != "aws.s3" || e.Bucket == "" || e.Key == "" || len(e.Key) > placement.MaxKey {
		return Event{}, fmt.Errorf("%w: source, bucket or key missing or over 1,024 bytes", ErrEvent)
	}
	return e, nil
}
