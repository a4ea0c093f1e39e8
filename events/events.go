// Package events holds sample events and captured events of the ad platform. It also holds the sample
// masters that fulfil the sample requests.
//
// A sample is a file in the form in which a publisher passes an event to Outpost: a topic and data.
// Outpost sends only the data.
//
//	{"topic": "video.source_requested", "data": {…, "fulfillment": {"uploadUrl": "{{uploadUrl}}", …}}}
//
// Strings in the data may contain placeholders, which [Fill] replaces, so that a
// sample can be sent at any time:
//
//	{{uploadUrl}}            a fresh pre-signed URL
//	{{storageKey}}           the key that the URL uploads to
//	{{expiresAt}}            the time at which both URLs expire, RFC 3339
//	{{completeCallbackUrl}}  a fresh waitpoint token's URL
//	{{now}}                  the time of sending, RFC 3339
//	{{contentHash}}          the hash of the delivered file, "sha256:<hex>"
//	{{fileUrl}}              the URL of an announced file
//	{{id}}                   letters and digits that are unique for each sending
//	{{bucket}}, {{key}}      an object that a sender wrote to our bucket
//
// The announcements of platforms that make creatives are in intake/, in another form: see
// [Announcement].
//
// For example:
//
//	event, err := events.Sample("requested-feed")
//	body, err := events.Fill(event.Data, events.Values{UploadURL: url, …})
package events

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
)

//go:embed *.json captures/*.json doors/*.json intake/*.json wire/*
var files embed.FS

// Event is a sample event, or an event from a file, that can be sent to masterhand.
type Event struct {
	Topic string          `json:"topic"` // the topic; "" if the file has none
	Data  json.RawMessage `json:"data"`  // a JSON object that may contain placeholders
}

// The reasons why an event cannot be used.
var (
	ErrNoEvent  = errors.New("not an event (expected a JSON object with topic and data, or only an event's data)")
	ErrNoSample = errors.New("unknown sample event")
	ErrUnfilled = errors.New("placeholder without a value")
)

// Names returns the names of the samples in alphabetical order.
func Names() []string {
	found, err := fs.Glob(files, "*.json")
	if err != nil {
		panic(err) // only a malformed pattern causes this error, and the pattern is a constant
	}
	names := make([]string, len(found))
	for i, file := range found {
		names[i] = strings.TrimSuffix(file, ".json")
	}
	return names
}

// Sample returns a sample by its name. Errors: ErrNoSample.
func Sample(name string) (Event, error) {
	file, err := files.ReadFile(path.Base(name) + ".json")
	if err != nil {
		return Event{}, fmt.Errorf("%w: %.40q (there are %s)", ErrNoSample, name, strings.Join(Names(), ", "))
	}
	return Parse(file)
}

// Parse parses an event's file. The file contains a topic and data, as the samples do, or only an
// event's data, as a webhook's log shows them. If the file contains only the data of a request,
// Parse sets the topic of requests. If it contains only the data of another event, Parse sets the
// topic "". If the file is not a JSON object, Parse returns ErrNoEvent.
func Parse(file []byte) (Event, error) {
	var event Event
	if err := json.Unmarshal(file, &event); err != nil {
		return Event{}, undecoded(err)
	}
	if event.Topic != "" && isObject(event.Data) {
		return event, nil
	}
	var bare map[string]json.RawMessage
	if err := json.Unmarshal(file, &bare); err != nil {
		return Event{}, undecoded(err)
	}
	event = Event{Data: file}
	if bare["fulfillment"] != nil && bare["creative"] != nil {
		event.Topic = "video.source_requested"
	}
	return event, nil
}

// undecoded returns the error for a file that is not an event. If the file is valid JSON of a wrong type,
// it returns only ErrNoEvent, because the decoder's error would not help the file's author.
func undecoded(err error) error {
	if errors.As(err, new(*json.UnmarshalTypeError)) {
		return ErrNoEvent
	}
	return fmt.Errorf("%w: %w", ErrNoEvent, err)
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// Values holds the values that replace the placeholders of an event. If a field has its zero value,
// its placeholder has no value, and [Fill] returns an error for an event that contains the
// placeholder.
type Values struct {
	UploadURL   capability.URL
	CallbackURL capability.URL
	StorageKey  string
	ExpiresAt   time.Time
	Now         time.Time
	ContentHash string // the hash as "sha256:<hex>"

	// The following fields are used only for announcements.

	FileURL capability.URL
	ID      string
	Bucket  string
	Key     string
}

// text returns the value of the placeholder with this name. It returns "" if there is no such
// value.
func (v Values) text(name string) string {
	switch name {
	case "uploadUrl":
		return v.UploadURL.Reveal()
	case "completeCallbackUrl":
		return v.CallbackURL.Reveal()
	case "storageKey":
		return v.StorageKey
	case "expiresAt":
		return stamp(v.ExpiresAt)
	case "now":
		return stamp(v.Now)
	case "contentHash":
		return v.ContentHash
	case "fileUrl":
		return v.FileURL.Reveal()
	case "id":
		return v.ID
	case "bucket":
		return v.Bucket
	case "key":
		return v.Key
	}
	return ""
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

var placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}`)

// Fill replaces the placeholders in an event's data. It returns data without placeholders unchanged.
// The result is as secret as the URLs in values. If a placeholder has no value, Fill returns
// ErrUnfilled with the placeholder's name.
func Fill(data []byte, values Values) ([]byte, error) {
	var missing error
	filled := placeholder.ReplaceAllFunc(data, func(found []byte) []byte {
		name := string(found[2 : len(found)-2])
		text := values.text(name)
		if text == "" && missing == nil {
			missing = fmt.Errorf("%w: %.40q", ErrUnfilled, name)
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			panic(err) // never happens: a string can always be encoded
		}
		return quoted[1 : len(quoted)-1]
	})
	if missing != nil {
		return nil, missing
	}
	return filled, nil
}
