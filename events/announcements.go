package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Announcement is a sample webhook of a platform that makes creatives. It can be sent after [Fill]
// has replaced the placeholders in its body.
type Announcement struct {
	Name   string `json:"-"`
	Sender string `json:"sender"`
	// Shape says how we know the members of the body: "doc" (from the vendor's documentation), "src"
	// (from the vendor's public source code) or "guess" (we guessed them). Note names the exceptions.
	Shape  string            `json:"shape"`
	Note   string            `json:"note"`
	Header map[string]string `json:"header"` // header names are in lower case; signatures are left out
	Body   json.RawMessage   `json:"body"`
}

// AnnouncementNames returns the names of the sample announcements in alphabetical order. A name is
// the sender's name, a hyphen, and the kind of event.
func AnnouncementNames() []string {
	found, err := fs.Glob(files, "intake/*.json")
	if err != nil {
		panic(err) // only a malformed pattern causes this error, and the pattern is a constant
	}
	names := make([]string, len(found))
	for i, file := range found {
		names[i] = strings.TrimSuffix(path.Base(file), ".json")
	}
	return names
}

// Announced returns a sample announcement by its name. Errors: ErrNoSample.
func Announced(name string) (Announcement, error) {
	file, err := files.ReadFile("intake/" + path.Base(name) + ".json")
	if err != nil {
		return Announcement{}, fmt.Errorf("%w: %.40q (there are %s)", ErrNoSample, name, strings.Join(AnnouncementNames(), ", "))
	}
	a, err := ParseAnnouncement(file)
	a.Name = path.Base(name)
	return a, err
}

// Read reads an event or an announcement from the file with this name, or from the samples if there
// is no such file. A file that names a sender is an announcement. Read sets either event or
// announced. If neither a file nor a sample has this name, it returns fs.ErrNotExist.
func Read(name string) (event Event, announced Announcement, err error) {
	file, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if event, err := Sample(name); err == nil {
			return event, announced, nil
		}
		if announced, err := Announced(name); err == nil {
			return event, announced, nil
		}
	}
	if err != nil {
		return event, announced, err
	}
	if announced, err := ParseAnnouncement(file); err == nil {
		return event, announced, nil
	}
	event, err = Parse(file)
	return event, announced, err
}

// ParseAnnouncement parses an announcement's file. The file must have the members "sender" and
// "body"; otherwise ParseAnnouncement returns ErrNoEvent. It need not have the other members.
func ParseAnnouncement(file []byte) (Announcement, error) {
	var a Announcement
	if err := json.Unmarshal(file, &a); err != nil {
		return Announcement{}, undecoded(err)
	}
	if a.Sender == "" || len(a.Body) == 0 {
		return Announcement{}, fmt.Errorf("%w: it has no sender or no body", ErrNoEvent)
	}
	return a, nil
}
