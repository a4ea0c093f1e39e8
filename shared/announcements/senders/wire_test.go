package senders_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/senders"
)

// If a link contains a space, the file must be fetched with the space percent-encoded.
func TestALinkWithASpaceIsFetched(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("06-hoox-export-url-with-space.json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Sender string
		Body   json.RawMessage
		Want   string
	}
	if err := json.Unmarshal(data, &c); err != nil || !strings.HasPrefix(c.Want, "fetched (space as %20)") {
		t.Fatalf("%v: %s", err, data)
	}
	e, err := senders.Read(senders.Delivery{Sender: c.Sender, Body: c.Body, Received: time.Now()}, senders.PosternityConfig{})
	if err != nil || len(e.Files) != 1 || e.Files[0].Problem != "" || e.Files[0].URL.Reveal() != "https://cdn.hoox.video/exports/My%20film.mp4" {
		t.Errorf("%+v, %v", e.Files, err)
	}
	for link, want := range map[string]string{
		"\t https://h/a b?c=d e\n": "https://h/a%20b?c=d%20e", "https://h/a%20b+c": "https://h/a%20b+c", `https://h/<"x">{1}|^`: "https://h/%3C%22x%22%3E%7B1%7D%7C%5E",
	} {
		body, err := json.Marshal(map[string]any{"task": "video_export", "job_id": "j", "status": "completed", "result": map[string]string{"video_url": link}})
		if err != nil {
			t.Fatal(err)
		}
		e, err := senders.Read(senders.Delivery{Sender: senders.Hoox, Body: body, Received: time.Now()}, senders.PosternityConfig{})
		if err != nil || len(e.Files) != 1 || e.Files[0].URL.Reveal() != want {
			t.Errorf("%q: %+v, %v", link, e.Files, err)
		}
	}
}
