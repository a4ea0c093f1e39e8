package events

import "strings"

// DoorCapture is an event, byte for byte, that a real Outpost (a version just after v1.2.0) sent to a
// queue or stored in a bucket.
type DoorCapture struct {
	Name    string   `json:"name"`
	Note    string   `json:"note"`
	Message *Message `json:"message"` // the message in the queue; nil if the event was stored in the bucket
	Key     string   `json:"key"`     // the key of the object in the bucket; "" if the event was sent to the queue
	// PutHeaders are the headers of the request that stored the object, in order.
	PutHeaders [][2]string `json:"putHeaders"`
	Body       []byte      `json:"bodyBase64"`
}

// Message is a message that SQS returned.
type Message struct {
	Body       string `json:"Body"`
	Attributes map[string]struct {
		Value string `json:"StringValue"`
		Type  string `json:"DataType"`
	} `json:"MessageAttributes"`
}

// ObjectMetadata returns the object's user metadata; the names are in lower case.
func (c DoorCapture) ObjectMetadata() map[string]string {
	metadata := map[string]string{}
	for _, header := range c.PutHeaders {
		if name, is := strings.CutPrefix(strings.ToLower(header[0]), "x-amz-meta-"); is {
			metadata[name] = header[1]
		}
	}
	return metadata
}

// DoorCaptures returns all captures of events without a signature, sorted by name.
func DoorCaptures() ([]DoorCapture, error) { return readAll[DoorCapture]("doors/*.json") }
