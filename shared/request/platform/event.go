// Package platform reads and writes the ad platform's messages: the events about video sources, and
// the bodies of the callbacks that complete requests.
//
// A body contains neither its topic nor its id; these are in headers that are not signed. Therefore
// the fields of the body decide what an event is, such as a request. If the topic does not fit the
// body, the event is ignored.
//
// The bodies are authentic, but their content may be wrong: limits and types are checked. An error
// names the field, never its content.
package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// MaxBody is the size in bytes of the largest accepted event. Real events are smaller than 4 KiB.
const MaxBody = 1 << 20

// The topics of events. The topic "*" says nothing about an event: Parse takes such an event for a
// request if its body has the members of a request, and never for a result.
const (
	TopicRequested = "video.source_requested"
	TopicFulfilled = "video.source_fulfilled"
	TopicRejected  = "video.source_rejected"
	TopicTimeout   = "video.source_timeout"
	topicAny       = "*"
)

// Class is the kind of an event: a request, one of the results, or an event to ignore.
type Class int

// The classes of events. The zero value is Ignored: such an event changes nothing and is answered
// with 200.
const (
	Ignored Class = iota
	Requested
	Fulfilled
	Rejected
	TimedOut
)

// String returns the class's name in logs and metrics.
func (c Class) String() string {
	return [...]string{"ignored", "requested", "fulfilled", "rejected", "timeout"}[c]
}

// Event is a classified event. Request is set for the class Requested, and Result for Fulfilled,
// Rejected and TimedOut.
type Event struct {
	Class   Class
	Ignored error // why an event of the class Ignored is ignored; nil for other classes
	Request Request
	Result  Result
}

// ErrMalformed means that an authentic body cannot be used. Sending it again would not help. An
// error that wraps it names the first wrong field.
var ErrMalformed = errors.New("malformed event")

// The reasons why an event is ignored.
var (
	errTopic       = errors.New("masterhand handles no event with this topic")
	errNoRequest   = errors.New("the event has neither the topic nor the body of a request")
	errAsking      = errors.New("the event has the topic of a result, but its body asks for a file")
	errUnconfirmed = errors.New("the body is not the result that the topic states")
)

func ignored(why error) (Event, error) { return Event{Class: Ignored, Ignored: why}, nil }

func malformed(field, problem string) error {
	return fmt.Errorf("%w: %s: %s", ErrMalformed, field, problem)
}

// refused returns an ErrMalformed for a value that another package refused. It contains only the
// innermost error, because the outer ones quote the value.
func refused(field string, err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return malformed(field, err.Error())
}

// shape holds the members that distinguish requests from other events.
type shape struct {
	Creative    json.RawMessage `json:"creative"`
	Fulfillment json.RawMessage `json:"fulfillment"`
}

// asks reports whether the fulfillment names a URL for an upload or a callback. Only a request
// names such a URL, whatever the event's topic is.
func (s shape) asks() bool {
	var f struct {
		UploadURL           json.RawMessage `json:"uploadUrl"`
		CompleteCallbackURL json.RawMessage `json:"completeCallbackUrl"`
	}
	_ = json.Unmarshal(s.Fulfillment, &f) // the error is ignored: a value that is not an object asks for nothing
	return len(f.UploadURL) > 0 || len(f.CompleteCallbackURL) > 0
}

// Parse reads and classifies an event. A request must have the members of a request. Its topic must
// be that of requests, "*" or "". A result must have the topic and the members of a result, and
// must not ask for an upload or a callback. Any other event is Ignored. The error wraps
// ErrMalformed.
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

// notARequest returns the result of Parse for a body that lacks a required part of a request: the
// error ErrMalformed if the event has the topic of requests, otherwise an Ignored event.
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

// decode reads a JSON object. It replaces the errors of encoding/json, which quote content, by
// errors that contain only a position or a field.
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

// expected returns the JSON name of the type that a field should have.
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
