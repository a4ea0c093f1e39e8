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

// Announcement is a webhook of a platform that makes creatives: a sample that can be
// sent once [Fill] has replaced the placeholders in its body.
type Announcement struct {
	Name   string `json:"-"`
	Sender string `json:"sender"`
	// Shape says where the body's shape comes from: "doc" is the vendor's page, "src" its
	// public source, "guess" our own imagination wherever Note says no other.
	Shape  string            `json:"shape"`
	Note   string            `json:"note"`
	Header map[string]string `json:"header"` // names in lower case; of who signs, without signature
	Body   json.RawMessage   `json:"body"`
}

// AnnouncementNames returns the names of the announcements, in alphabetical order: the
// sender's, a hyphen, and what is announced.
func AnnouncementNames() []string {
	found, err := fs.Glob(files, "intake/*.json")
	if err != nil {
		panic(err) // only a malformed pattern does this
	}
	names := make([]string, len(found))
	for i, file := range found {
		names[i] = strings.TrimSuffix(path.Base(file), ".json")
	}
	return names
}

// Announced returns an announcement by its name. Errors: ErrNoSample.
func Announced(name string) (Announcement, error) {
	file, err := files.ReadFile("intake/" + path.Base(name) + ".json")
	if err != nil {
		return Announcement{}, fmt.Errorf("%w: %.40q (there are %s)", ErrNoSample, name, strings.Join(AnnouncementNames(), ", "))
	}
	a, err := ParseAnnouncement(file)
	a.Name = path.Base(name)
	return a, err
}

// Read reads a file of an event or an announcement, or else a sample by its name. One of
// both results is set: an announcement has a sender. Errors: those of os.ReadFile, with
// fs.ErrNotExist where there is no sample either; those of [Parse].
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

// ParseAnnouncement reads an announcement's file: a sender with a body, of which shape,
// note and header may be missing. Errors: ErrNoEvent.
func ParseAnnouncement(file []byte) (Announcement, error) {
	var a Announcement
	if err := json.Unmarshal(file, &a); err != nil {
		return Announcement{}, undecoded(err)
	}
	if a.Sender == "" || len(a.Body) == 0 {
		return Announcement{}, fmt.Errorf("%w: no sender with a body", ErrNoEvent)
	}
	return a, nil
}
