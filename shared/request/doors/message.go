package doors

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// MetadataAttribute is the name of the message attribute with an event's metadata, a JSON object as
// text, as the gateway sends it.
const MetadataAttribute = "metadata"

// Metadata is an event's topic and id, which come beside the event's body. Neither can be trusted,
// because the gateway's operator or the event itself may have replaced it.
type Metadata struct {
	Topic   string
	EventID string
}

// ParseMetadata reads the metadata attribute of a queue's message. A member that is not a string
// counts as absent. If text is not a JSON object, all members count as absent.
func ParseMetadata(text string) Metadata {
	var members map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &members) // the error is ignored: text that is not an object has no members
	values := map[string]string{}
	for name, raw := range members {
		var value string
		if json.Unmarshal(raw, &value) == nil {
			values[name] = value
		}
	}
	return ObjectMetadata(values)
}

// ObjectMetadata reads the user metadata of a bucket's object. Names match in any letter case,
// because S3 makes them lower-case.
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

// topic returns the topic if it begins with "video.", as the platform's topics do, otherwise "".
// Any other text may come from the gateway's operator and does not show what the event is.
func (m Metadata) topic() string {
	if strings.HasPrefix(strings.ToLower(m.Topic), "video.") {
		return m.Topic
	}
	return ""
}

// ErrObjectEvent means that a message in the queue of the bucket's events is not an event about an
// object.
var ErrObjectEvent = errors.New("message is not an S3 event from EventBridge")

// ObjectEvent says that an object was stored.
type ObjectEvent struct {
	Bucket  string
	Key     string // the object's key as it is, because EventBridge does not encode it
	Version string // the object's version; "" if the bucket has no versions
}

// ParseObjectEvent reads the body of a message, an S3 event from EventBridge. It returns
// ErrObjectEvent for a body of any other kind.
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
