package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxMessage is the size of the largest message that is sent, in bytes. Every SQS queue accepts
// messages of this size.
const MaxMessage = 256 << 10

// ErrMessage says that a message cannot be read. It never quotes the message.
var ErrMessage = errors.New("intake message unreadable")

// Message refers to a stored record by its key, or contains the whole record if that could not be
// stored.
type Message struct {
	Key    string    // the record's key in S3; "" if the message contains the record
	Record *Record   // the whole record; nil if the record is stored in S3
	Replay time.Time // the time at which an operator asked to replay the record; zero if nobody asked
}

type wireMessage struct {
	Format int             `json:"format"`
	Record string          `json:"record,omitempty"`
	Inline json.RawMessage `json:"inline,omitempty"`
	Replay time.Time       `json:"replay,omitzero"`
}

// EncodeKey returns the message for the record that is stored at a key.
func EncodeKey(key string) ([]byte, error) {
	return json.Marshal(wireMessage{Format: format, Record: key})
}

// EncodeReplay returns the message that replays a stored record. at is the time at which an operator
// asked for it.
func EncodeReplay(key string, at time.Time) ([]byte, error) {
	return json.Marshal(wireMessage{Format: format, Record: key, Replay: at.UTC()})
}

// EncodeInline returns a message that contains an encoded record. The message is as secret as the
// record. EncodeInline returns nil if the message would be larger than MaxMessage.
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

// DecodeMessage reads an encoded message. Errors: ErrMessage, ErrRecord.
func DecodeMessage(body []byte) (Message, error) {
	var w wireMessage
	if len(body) > MaxRecord || json.Unmarshal(body, &w) != nil || w.Format != format {
		return Message{}, fmt.Errorf("%w: not JSON of format %d", ErrMessage, format)
	}
	if (w.Record == "") == (w.Inline == nil) || w.Inline != nil && !w.Replay.IsZero() {
		return Message{}, fmt.Errorf("%w: expected either a key or a record", ErrMessage)
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
