package reindex

import (
	"encoding/json"
	"fmt"
)

// Message is a step or a batch of a run: exactly one of the fields Step and Batch is set.
type Message struct {
	Format  int    `json:"format"`
	Library string `json:"library"`
	Run     string `json:"run"`
	Step    *Step  `json:"step,omitempty"`
	Batch   *Batch `json:"batch,omitempty"`
}

// These limits keep each message below 256 KiB, SQS's limit for one call. A batch has at most
// batchKeys keys. If a step is repeated after keys were added to the bucket, its batches may have
// up to maxKeys keys.
const (
	maxMessage  = 250 << 10
	maxKeys     = 1000
	maxKeyBytes = 200 << 10
	encodedKey  = 6 // largest number of bytes that JSON needs for one byte of a key
	maxName     = 64
)

// Encode returns the message as JSON for the queue.
func (m Message) Encode() ([]byte, error) {
	m.Format = format
	return json.Marshal(m)
}

// format is the version of messages and of stored runs.
const format = 1

// Decode parses a message. It returns ErrMessage for text that is not a valid message.
func Decode(body []byte) (Message, error) {
	var m Message
	if len(body) > maxMessage {
		return m, fmt.Errorf("%w: over %d bytes", ErrMessage, maxMessage)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	switch {
	case m.Format != format:
		return m, fmt.Errorf("%w: format %d", ErrMessage, m.Format)
	case m.Library == "" || m.Run == "" || len(m.Library) > maxName || len(m.Run) > maxName:
		return m, fmt.Errorf("%w: library or run is missing", ErrMessage)
	case (m.Step == nil) == (m.Batch == nil):
		return m, fmt.Errorf("%w: expected either a step or a batch", ErrMessage)
	case m.Step != nil && (m.Step.Number < 0 || m.Step.Listed < 0 || m.Step.Batches < 0 || m.Step.Imported < 0 || m.Step.Checked < 0 || m.Step.Documents < 0 || m.Step.Emptied < 0):
		return m, fmt.Errorf("%w: negative number", ErrMessage)
	case m.Batch != nil && (m.Batch.Number < 0 || len(m.Batch.Keys) > maxKeys):
		return m, fmt.Errorf("%w: batch of number %d with %d keys", ErrMessage, m.Batch.Number, len(m.Batch.Keys))
	}
	return m, nil
}
