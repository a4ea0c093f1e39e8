package events

import "strings"

// DoorCapture is an event that a real Outpost (just after v1.2.0) sent to a queue or stored in a
// bucket, byte for byte.
type DoorCapture struct {
	Name    string   `json:"name"`
	Note    string   `json:"note"`
	Message *Message `json:"message"` // of the queue; nil: of the bucket
	Key     string   `json:"key"`     // of the bucket's object
	// PutHeaders are the headers of the object's request, in order.
	PutHeaders [][2]string `json:"putHeaders"`
	Body       []byte      `json:"bodyBase64"`
}

// Message is a message as SQS returned it.
type Message struct {
	Body       string `json:"Body"`
	Attributes map[string]struct {
		Value string `json:"StringValue"`
		Type  string `json:"DataType"`
	} `json:"MessageAttributes"`
}

// ObjectMetadata returns the user metadata that the object was stored with, by names in lower case.
func (c DoorCapture) ObjectMetadata() map[string]string {
	metadata := map[string]string{}
	for _, header := range c.PutHeaders {
		if name, is := strings.CutPrefix(strings.ToLower(header[0]), "x-amz-meta-"); is {
			metadata[name] = header[1]
		}
	}
	return metadata
}

// DoorCaptures returns all captures of events without a signature, by name.
func DoorCaptures() ([]DoorCapture, error) { return readAll[DoorCapture]("doors/*.json") }
