package senders_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"masterhand/events"
	"masterhand/shared/announcements/senders"
)

var subjectGrammar = regexp.MustCompile(`^(build|job|avatar|asset|set|ad|campaign|template|batch|other)/[A-Za-z0-9._:@~-]{1,128}$`)

// check tests the properties of an event that keys, logs and the ledger rely on.
func check(t *testing.T, e senders.Event) {
	t.Helper()
	if !subjectGrammar.MatchString(e.Subject) {
		t.Errorf("subject %q", e.Subject)
	}
	if e.Identity == "" || len(e.Identity) > 800 || strings.ContainsAny(e.Identity, " #\\\n") {
		t.Errorf("identity %q", e.Identity)
	}
	texts := []string{e.Type, e.Status, e.Detail}
	names := map[string]bool{}
	for _, f := range e.Files {
		texts = append(texts, f.Status)
		if names[f.Name] || f.Name == "" || f.Role == "" {
			t.Errorf("file %q", f.Name)
		}
		names[f.Name] = true
		if somewhere := f.Stored != nil || !f.URL.IsZero(); somewhere == (f.Problem != "") {
			t.Errorf("file %s is somewhere: %v; its problem: %q", f.Name, somewhere, f.Problem)
		}
	}
	for _, text := range texts {
		if len(text) > 128 || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\x00\x1b") {
			t.Errorf("text %q", text)
		}
	}
	if len(e.Files) > 400 || e.At.Year() < 2000 {
		t.Errorf("%d files at %v", len(e.Files), e.At)
	}
}

// fuzz reads random bodies as webhooks of a sender. more are seed bodies in addition to the samples.
func fuzz(f *testing.F, sender string, more ...string) {
	for _, name := range events.AnnouncementNames() {
		if d := sample(f, name); d.Sender == sender {
			f.Add(d.Body)
		}
	}
	for _, body := range append(more, "", "null", "[]", `{"event":{},"status":[],"id":1e999,"data":[{}]}`) {
		f.Add([]byte(body))
	}
	c := senders.PosternityConfig{Identity: "/data/id", Files: []string{"/data/assets/*/url", "/a/*/*/b"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		d := senders.Delivery{Sender: sender, Body: body, Received: received}
		e, err := senders.Read(d, c)
		if err != nil {
			t.Fatal(err)
		}
		check(t, e)
		if again, _ := senders.Read(d, c); again.Identity != e.Identity || again.Subject != e.Subject || !reflect.DeepEqual(again.Unknown, e.Unknown) {
			t.Error("read twice it is another event")
		}
		d.Received = d.Received.Add(time.Hour)
		if later, _ := senders.Read(d, c); (later.Identity == e.Identity) != !(e.Test && sender == senders.Streampixel) {
			t.Errorf("received later it is %s, not %s", later.Identity, e.Identity)
		}
	})
}

func FuzzHoox(f *testing.F) {
	fuzz(f, senders.Hoox, `{"avatar_id":"a/b","look_id":{},"status":"completed","result":{"video_url":7,"format":"9:0"}}`)
}

func FuzzStreampixel(f *testing.F) {
	fuzz(f, senders.Streampixel, `{"event":"webhook.test"}`, `{"event":"build.approved","uploadId":null}`)
}

func FuzzAdReform(f *testing.F) {
	fuzz(f, senders.AdReform,
		`{"id":"e","topic":"screenshot_set.approved","data":{"object":{"screenshots":[{"id":"2","status":"uploaded"},{"id":"2"},{"id":"2"}],"s3_objects":[{}]}}}`)
}

func FuzzPosternity(f *testing.F) {
	fuzz(f, senders.Posternity, `{"event":"studio.batch.x","a":[[{"b":"https://h"}]],"data":{"id":[]}}`)
}
