package doors

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// MetadataAttribute is the message attribute in which the gateway sends an event's metadata, a
// JSON object as text.
const MetadataAttribute = "metadata"

// Metadata is what stands beside an event's body. The gateway's operator or the event itself may
// have replaced any of it.
type Metadata struct {
	Topic   string
	EventID string
}

// ParseMetadata reads the metadata attribute of a queue's message. Anything that is no text, in an
// object that may be absent or no JSON, counts as absent.
func ParseMetadata(text string) Metadata {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &members) // no object has no members
	values := map[string]string{}
	for name, raw := range members {
		var value string
		if json.Unmarshal(raw, &value) == nil {
			values[name] = value
		}
	}
	return ObjectMetadata(values)
}

// ObjectMetadata reads the user metadata of a bucket's object. Names are compared without their
// case: S3 lower-cases them.
func ObjectMetadata(values map[string]string) (m Metadata) {
	for name, value := range values {
		switch strings.ToLower(name) {
		case "topic":
			m.Topic = value
		case "event-id":
			m.EventID = value
		}
	}
	return m
}

// topic returns the topic as far as it can narrow the class of an event: a word that is none of
// the platform's was put there by the gateway's operator, and says nothing.
func (m Metadata) topic() string {
	if strings.HasPrefix(strings.ToLower(m.Topic), "video.") {
		return m.Topic
	}
	return ""
}

// ErrObjectEvent is a message of the bucket's queue that is no event of an object.
var ErrObjectEvent = errors.New("message is no S3 event of EventBridge")

// ObjectEvent says that an object was stored.
type ObjectEvent struct {
	Bucket  string
	Key     string // as it is: EventBridge does not encode it
	Version string // "" in a bucket without versions
}

// ParseObjectEvent reads EventBridge's S3 event, the body of a message. Errors: ErrObjectEvent.
func ParseObjectEvent(body string) (ObjectEvent, error) {
	var wire struct {
		Source string `json:"source"`
		Detail struct {
			Bucket struct {
				Name string `json:"name"`
			} `json:"bucket"`
			Object struct {
				Key       string `json:"key"`
				VersionID string `json:"version-id"`
			} `json:"object"`
		} `json:"detail"`
	}
	if err := json.Unmarshal([]byte(body), &wire); err != nil {
		return ObjectEvent{}, fmt.Errorf("%w: %w", ErrObjectEvent, err)
	}
	e := ObjectEvent{Bucket: wire.Detail.Bucket.Name, Key: wire.Detail.Object.Key, Version: wire.Detail.Object.VersionID}
	if wire.Source != "aws.s3" || e.Bucket == "" || e.Key == "" {
		return ObjectEvent{}, fmt.Errorf("%w: source, bucket or key missing", ErrObjectEvent)
	}
	return e, nil
}
