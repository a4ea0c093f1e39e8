package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxMessage is the largest message sent, in bytes: what every queue of SQS takes.
const MaxMessage = 256 << 10

// ErrMessage is a message that cannot be read. It never holds the message.
var ErrMessage = errors.New("intake message unreadable")

// Message tells of a record: where it is stored, or the whole of it where it could not
// be.
type Message struct {
	Key    string    // of the record in S3; "" where the message has it
	Record *Record   // nil where S3 has it
	Replay time.Time // when somebody asked for another try of a stored record; zero: nobody did
}

type wireMessage struct {
	Format int             `json:"format"`
	Record string          `json:"record,omitempty"`
	Inline json.RawMessage `json:"inline,omitempty"`
	Replay time.Time       `json:"replay,omitzero"`
}

// EncodeKey writes the message that a record is stored under a key.
func EncodeKey(key string) ([]byte, error) {
	return json.Marshal(wireMessage{Format: format, Record: key})
}

// EncodeReplay writes the message that a stored record is to be tried once more, as is
// asked for at a time.
func EncodeReplay(key string, at time.Time) ([]byte, error) {
	return json.Marshal(wireMessage{Format: format, Record: key, Replay: at.UTC()})
}

// EncodeInline writes a message that holds an encoded record, as secret as that. One
// that is too large for a queue is nil.
func EncodeInline(record []byte) ([]byte, error) {
	if len(record) > MaxMessage {
		return nil, nil
	}
	message, err := json.Marshal(wireMessage{Format: format, Inline: record})
	if err != nil || len(message) > MaxMessage {
		return nil, err
	}
	return message, nil
}

// DecodeMessage reads a message. Errors: ErrMessage, ErrRecord.
func DecodeMessage(body []byte) (Message, error) {
	var w wireMessage
	if len(body) > MaxRecord || json.Unmarshal(body, &w) != nil || w.Format != format {
		return Message{}, fmt.Errorf("%w: no JSON of format %d", ErrMessage, format)
	}
	if (w.Record == "") == (w.Inline == nil) || w.Inline != nil && !w.Replay.IsZero() {
		return Message{}, fmt.Errorf("%w: not one of key and record", ErrMessage)
	}
	if w.Record != "" {
		_, _, err := ParseKey(w.Record)
		if err != nil {
			return Message{}, err
		}
		return Message{Key: w.Record, Replay: w.Replay}, nil
	}
	record, err := Decode(w.Inline)
	if err != nil {
		return Message{}, err
	}
	return Message{Record: &record}, nil
}
