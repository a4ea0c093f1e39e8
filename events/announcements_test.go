package events_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"masterhand/events"
	"masterhand/shared/kit/capability"
)

func TestAnnouncements(t *testing.T) {
	t.Parallel()
	address, err := capability.Parse("https://cdn.example/file.mp4")
	if err != nil {
		t.Fatal(err)
	}
	v := values(t)
	v.FileURL, v.ID, v.Bucket, v.Key = address, "1", "b", "k"
	names := events.AnnouncementNames()
	if len(names) < 30 {
		t.Errorf("%d announcements", len(names))
	}
	for _, name := range names {
		a, err := events.Announced(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Name != name || !strings.HasPrefix(name, a.Sender+"-") || a.Note == "" || a.Header["content-type"] != "application/json" ||
			!slices.Contains([]string{"doc", "src", "guess"}, a.Shape) {
			t.Errorf("%s: incomplete: %+v", name, a)
		}
		if body, err := events.Fill(a.Body, v); err != nil || !json.Valid(body) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for file, want := range map[string]error{
		`{"sender":"hoox","body":{}}`: nil, `{"sender":"hoox"}`: events.ErrNoEvent, `{"body":{}}`: events.ErrNoEvent,
		`{"topic":"x","data":{}}`: events.ErrNoEvent, `[]`: events.ErrNoEvent, ``: events.ErrNoEvent,
	} {
		if a, err := events.ParseAnnouncement([]byte(file)); !errors.Is(err, want) || err == nil && (a.Sender != "hoox" || string(a.Body) != "{}") {
			t.Errorf("%s: %+v, %v", file, a, err)
		}
	}
	for _, name := range []string{"", "hoox", "../fulfilled", "requested-exact"} {
		if _, err := events.Announced(name); !errors.Is(err, events.ErrNoSample) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
