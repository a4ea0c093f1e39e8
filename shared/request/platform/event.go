// Package platform speaks the ad platform's language: the events it sends about
// video sources and the bodies that complete its callbacks.
//
// A body comes without envelope, topic or id; topic and id stand in headers that
// nobody signed. So what an event is follows from its shape, and the topic can
// only narrow it: the same body with another topic is ignored. Everything here has been authenticated before, and is foreign
// all the same: limits and types are checked, and an error names the field,
// never its content.
package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// MaxBody is the largest event accepted, in bytes. Real ones are below 4 KiB.
const MaxBody = 1 << 20

// The topics of the platform. The topic "*" goes with no result.
const (
	TopicRequested = "video.source_requested"
	TopicFulfilled = "video.source_fulfilled"
	TopicRejected  = "video.source_rejected"
	TopicTimeout   = "video.source_timeout"
	topicAny       = "*"
)

// Class is what an event means to us.
type Class int

// The classes. Ignored is the zero value: nothing is written, the answer is 200.
const (
	Ignored Class = iota
	Requested
	Fulfilled
	Rejected
	TimedOut
)

// String returns the word that logs and metrics use.
func (c Class) String() string {
	return [...]string{"ignored", "requested", "fulfilled", "rejected", "timeout"}[c]
}

// Event is a classified event: Request is set for Requested, Result for
// Fulfilled, Rejected and TimedOut.
type Event struct {
	Class   Class
	Ignored error // why an event of the class Ignored asks nothing; nil otherwise
	Request Request
	Result  Result
}

// ErrMalformed is an authentic body that cannot be used. Sending it again would
// not help. Errors that wrap it name the first field at fault.
var ErrMalformed = errors.New("malformed event")

// The reasons why an event is ignored.
var (
	errTopic       = errors.New("no event that masterhand acts on has this topic")
	errNoRequest   = errors.New("neither the topic nor the body is that of a request")
	errAsking      = errors.New("the topic is that of a result, and the body asks for a file")
	errUnconfirmed = errors.New("the body is not of the kind that the topic says")
)

func ignored(why error) (Event, error) { return Event{Class: Ignored, Ignored: why}, nil }

func malformed(field, problem string) error {
	return fmt.Errorf("%w: %s: %s", ErrMalformed, field, problem)
}

// refused is malformed for a value that another package refused. It tells the reason
// alone, the innermost error: those around it quote the value.
func refused(field string, err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return malformed(field, err.Error())
}

// shape tells events apart.
type shape struct {
	Creative    json.RawMessage `json:"creative"`
	Fulfillment json.RawMessage `json:"fulfillment"`
}

// asks reports whether the fulfillment says where to put or complete something: what
// only a request does, whatever its topic says.
func (s shape) asks() bool {
	var f struct {
		UploadURL           json.RawMessage `json:"uploadUrl"`
		CompleteCallbackURL json.RawMessage `json:"completeCallbackUrl"`
	}
	_ = json.Unmarshal(s.Fulfillment, &f) // what is no object asks nothing
	return len(f.UploadURL) > 0 || len(f.CompleteCallbackURL) > 0
}

// Parse classifies and reads an event. A request has a request's shape and a topic
// that says so or says nothing; a result has a result's topic, a shape that confirms
// that topic, and asks nothing; any other combination is Ignored. Errors: ErrMalformed.
func Parse(topic string, body []byte) (Event, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var s shape
	if err := decode(body, &s); err != nil {
		return Event{}, err
	}
	switch topic {
	case "", topicAny, TopicRequested:
		if len(s.Creative) == 0 || len(s.Fulfillment) == 0 {
			return notARequest(topic, s)
		}
		if err := refuseRepeatedInRequest(body, s); err != nil {
			return Event{}, err
		}
		request, err := parseRequest(body)
		return Event{Class: Requested, Request: request}, err
	case TopicFulfilled, TopicRejected, TopicTimeout:
		if s.asks() {
			return ignored(errAsking)
		}
		if err := refuseRepeatedInSlot(body, s); err != nil {
			return Event{}, err
		}
		result, err := parseResult(body)
		if err == nil && !confirms(topic, body, s) {
			return ignored(errUnconfirmed)
		}
		return Event{Class: resultClass(topic), Result: result}, err
	}
	return ignored(errTopic)
}

// notARequest tells a request with a part missing, which is malformed, from an
// event that never was one.
func notARequest(topic string, s shape) (Event, error) {
	if topic != TopicRequested {
		return ignored(errNoRequest)
	}
	if len(s.Creative) == 0 {
		return Event{}, malformed("creative", "missing")
	}
	return Event{}, malformed("fulfillment", "missing")
}

func resultClass(topic string) Class {
	switch topic {
	case TopicFulfilled:
		return Fulfilled
	case TopicRejected:
		return Rejected
	}
	return TimedOut
}

// decode reads a JSON object and turns json's errors, which quote content, into
// ones that name position or field alone.
func decode(body []byte, into any) error {
	if len(body) > MaxBody {
		return malformed("body", "over 1 MiB")
	}
	err := json.Unmarshal(body, into)
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrMalformed):
		return err
	case errors.As(err, &syntax):
		return malformed("body", fmt.Sprintf("no JSON at byte %d", syntax.Offset))
	case errors.As(err, &wrongType):
		field := wrongType.Field
		if field == "" {
			field = "body"
		}
		return malformed(field, "expected "+expected(wrongType.Type.Kind()))
	}
	return malformed("body", "unreadable")
}

// expected names what a field should hold, as JSON calls it.
func expected(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}
