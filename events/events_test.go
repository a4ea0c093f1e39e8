package events_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/platform"
)

func values(t testing.TB) events.Values {
	t.Helper()
	parse := func(text string) capability.URL {
		parsed, err := capability.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	return events.Values{
		UploadURL:   parse("https://r2.example/b/k?X-Amz-Date=20260424T000000Z&X-Amz-Signature=00"),
		CallbackURL: parse("https://api.example/waitpoint_1/complete"),
		StorageKey:  `fb-external/p/C "quoted"/v2/en/9x16.video`,
		ExpiresAt:   time.Date(2026, 4, 24, 3, 0, 0, 0, time.FixedZone("", 2*3600)),
		Now:         time.Date(2026, 4, 24, 0, 0, 0, 0, time.UTC),
		ContentHash: "sha256:" + strings.Repeat("0", 64),
	}
}

func TestSamplesMeanWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		class  platform.Class
		kind   creative.Kind
		target string
	}{
		"requested-exact":      {platform.Requested, creative.Video, "9x16"},
		"requested-feed":       {platform.Requested, creative.Video, "feed (1x1, 3x4, 4x5)"},
		"requested-story-reel": {platform.Requested, creative.Video, "story_reel (9x16)"},
		"requested-image":      {platform.Requested, creative.Image, "1x1"},
		"fulfilled":            {platform.Fulfilled, creative.Video, ""},
		"rejected":             {platform.Rejected, creative.Video, ""},
		"timeout":              {platform.TimedOut, creative.Video, ""},
		"malformed":            {}, // no expected values: a separate loop below checks this sample
	}
	for _, name := range events.Names() {
		sample, err := events.Sample(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		expected, ok := want[name]
		if !ok {
			t.Errorf("%s: nobody says what it means", name)
		}
		delete(want, name)
		body, err := events.Fill(sample.Data, values(t))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		event, err := platform.Parse(sample.Topic, body)
		if name == "malformed" {
			if !errors.Is(err, platform.ErrMalformed) {
				t.Errorf("%s: %v, %v", name, event.Class, err)
			}
			continue
		}
		slot := event.Result.Slot
		if event.Class == platform.Requested {
			slot = event.Request.Slot
			if event.Request.UploadURL.Reveal() != values(t).UploadURL.Reveal() ||
				event.Request.CompleteURL.Reveal() != values(t).CallbackURL.Reveal() ||
				event.Request.StorageKey != values(t).StorageKey || !event.Request.ExpiresAt.Equal(values(t).ExpiresAt) {
				t.Errorf("%s: filled with %+v", name, event.Request)
			}
		}
		if err != nil || event.Class != expected.class || slot.Kind != expected.kind || expected.target != "" && slot.Target() != expected.target {
			t.Errorf("%s: %v of %v %v, %v", name, event.Class, slot.Kind, slot.Target(), err)
		}
	}
	for name := range want {
		t.Errorf("no sample %s", name)
	}
}

func TestSampleUnknown(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "requested", "../events", "captures/topic_star", "requested-exact.json"} {
		if _, err := events.Sample(name); !errors.Is(err, events.ErrNoSample) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, topic, data string }{
		{`{"topic":"video.source_timeout","data":{"a":1}}`, "video.source_timeout", `{"a":1}`},
		{`{"creative":{},"fulfillment":{}}`, "video.source_requested", `{"creative":{},"fulfillment":{}}`},
		{`{"creative":{},"reason":"x"}`, "", `{"creative":{},"reason":"x"}`},
		{`{"topic":"t","data":[]}`, "", `{"topic":"t","data":[]}`},
	} {
		event, err := events.Parse([]byte(test.file))
		if err != nil || event.Topic != test.topic || string(event.Data) != test.data {
			t.Errorf("%s: %q %s, %v", test.file, event.Topic, event.Data, err)
		}
	}
	for _, file := range []string{``, `{`, `[]`, `"x"`, `{"topic":1}`} {
		if _, err := events.Parse([]byte(file)); !errors.Is(err, events.ErrNoEvent) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"a":"{{now}}","b":"{{expiresAt}}"}`:   `{"a":"2026-04-24T00:00:00Z","b":"2026-04-24T01:00:00Z"}`,
		`{"a":"at {{now}}, {{contentHash}}"}`:   `{"a":"at 2026-04-24T00:00:00Z, sha256:` + strings.Repeat("0", 64) + `"}`,
		`{"a":"{{storageKey}}"}`:                `{"a":"fb-external/p/C \"quoted\"/v2/en/9x16.video"}`,
		`{"a":{"b":{}},"c":"{ {now} } &amp;" }`: `{"a":{"b":{}},"c":"{ {now} } &amp;" }`,
	} {
		if got, err := events.Fill([]byte(data), values(t)); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", data, got, err)
		}
	}
}

func TestFillWithoutValue(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		`{"a":"{{uploadUrl}}"}`, `{"a":"{{expiresAt}}"}`, `{"a":"{{contentHash}}"}`, `{"a":"{{other}}"}`, `{"a":"{{}}"}`,
	} {
		if got, err := events.Fill([]byte(data), events.Values{Now: time.Now()}); !errors.Is(err, events.ErrUnfilled) {
			t.Errorf("%s: %s, %v", data, got, err)
		}
	}
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	captures, err := events.Captures()
	if err != nil || len(captures) != 12 {
		t.Fatalf("%d captures, %v", len(captures), err)
	}
	for _, capture := range captures {
		if capture.Name == "" || capture.CurrentSecret == "" || len(capture.SignedWith) == 0 || capture.ReceivedAt.IsZero() {
			t.Errorf("%q: incomplete", capture.Name)
		}
		if !json.Valid(capture.Body) || bytes.ContainsAny(capture.Body, "&<>") {
			t.Errorf("%s: body %.40q", capture.Name, capture.Body)
		}
		if capture.Header("content-type") != "application/json" || capture.Header("expect") != "" {
			t.Errorf("%s: headers %v", capture.Name, capture.Headers)
		}
	}
	if !slices.ContainsFunc(captures, func(c events.Capture) bool { return len(c.SignedWith) == 2 }) {
		t.Error("no capture of a rotation")
	}
}

func FuzzParseAndFill(f *testing.F) {
	for _, name := range events.Names() {
		sample, err := events.Sample(name)
		if err != nil {
			f.Fatal(err)
		}
		file, err := json.Marshal(sample)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Add([]byte(`{"sender":"hoox","body":{"url":"{{fileUrl}}"}}`))
	f.Add([]byte(`{"{{now}}":"{{{{now}}}}"}`))
	f.Add([]byte(`{"a":{{now}}}`))
	filling := values(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		if a, err := events.ParseAnnouncement(file); err == nil {
			if filled, err := events.Fill(a.Body, filling); err == nil && !json.Valid(filled) {
				t.Errorf("valid %q was filled to invalid %q", a.Body, filled)
			}
		}
		event, err := events.Parse(file)
		if err != nil {
			return
		}
		filled, err := events.Fill(event.Data, filling)
		if err == nil && !json.Valid(filled) {
			t.Errorf("valid %q was filled to invalid %q", event.Data, filled)
		}
	})
}
