// Package events holds what the ad platform sends, as samples and as captures of
// the real thing, and the sample masters that answer them.
//
// A sample is a file in the form in which Outpost is told to publish: a topic and
// the event's data, which alone goes over the wire.
//
//	{"topic": "video.source_requested", "data": {…, "fulfillment": {"uploadUrl": "{{uploadUrl}}", …}}}
//
// Strings in the data may hold placeholders, which [Fill] replaces, so that a
// sample can be sent at any time:
//
//	{{uploadUrl}}            a fresh pre-signed URL
//	{{storageKey}}           the key that the URL writes
//	{{expiresAt}}            when both URLs die, RFC 3339
//	{{completeCallbackUrl}}  a fresh waitpoint token's URL
//	{{now}}                  the time of sending, RFC 3339
//	{{contentHash}}          what was delivered, "sha256:<hex>"
//	{{fileUrl}}              where an announced file can be fetched
//	{{id}}                   letters and digits that tell one sending from another
//	{{bucket}}, {{key}}      where a sender wrote a file of ours
//
// What the platforms announce that make creatives is under intake/, in a form of its
// own: see [Announcement].
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

// Event is what a file says is to be sent.
type Event struct {
	Topic string          `json:"topic"` // "" where the file does not tell
	Data  json.RawMessage `json:"data"`  // an object, perhaps with placeholders in it
}

// The reasons why an event cannot be used.
var (
	ErrNoEvent  = errors.New("no event: it is a JSON object with topic and data, or one event's data alone")
	ErrNoSample = errors.New("unknown sample event")
	ErrUnfilled = errors.New("placeholder without a value")
)

// Names returns the names of the samples, in alphabetical order.
func Names() []string {
	found, err := fs.Glob(files, "*.json")
	if err != nil {
		panic(err) // only a malformed pattern does this
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

// Parse reads an event's file: a topic with data as in the samples, or the bare
// data of one, such as a webhook's log shows it. A bare request gets its topic,
// any other none. Errors: ErrNoEvent.
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

// undecoded tells what keeps a file from being an event; of another type than it should
// have, ErrNoEvent says all that concerns its writer.
func undecoded(err error) error {
	if errors.As(err, new(*json.UnmarshalTypeError)) {
		return ErrNoEvent
	}
	return fmt.Errorf("%w: %w", ErrNoEvent, err)
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// Values replace the placeholders of an event. The zero value of each field means
// that there is none.
type Values struct {
	UploadURL   capability.URL
	CallbackURL capability.URL
	StorageKey  string
	ExpiresAt   time.Time
	Now         time.Time
	ContentHash string // "sha256:<hex>"

	// Of announcements:

	FileURL capability.URL
	ID      string
	Bucket  string
	Key     string
}

// text returns a placeholder's value, "" where there is none.
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

// Fill replaces the placeholders in an event's data; data without any comes back
// as it is. The result holds the values' URLs and is as secret as they are.
// Errors: ErrUnfilled, which names the placeholder.
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
			panic(err) // a string always encodes
		}
		return quoted[1 : len(quoted)-1]
	})
	if missing != nil {
		return nil, missing
	}
	return filled, nil
}
