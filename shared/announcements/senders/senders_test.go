package senders_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/capability"
)

var received = time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)

const file = "https://cdn.example/exports/1.mp4?token=s3cr3t"

func values(t testing.TB) events.Values {
	t.Helper()
	address, err := capability.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	return events.Values{FileURL: address, ID: "7", Now: received.Add(-time.Second), Bucket: "acme-proofs", Key: "ar_1.png"}
}

// sample returns the delivery of a sample announcement by its name.
func sample(t testing.TB, name string) senders.Delivery {
	t.Helper()
	a, err := events.Announced(name)
	if err != nil {
		t.Fatal(err)
	}
	body, err := events.Fill(a.Body, values(t))
	if err != nil {
		t.Fatal(err)
	}
	return senders.Delivery{Sender: a.Sender, Header: a.Header, Body: body, Received: received}
}

// posternity is a configuration that finds the files of Posternity's sample.
var posternity = senders.PosternityConfig{Files: []string{"/data/assets/*/url"}}

func read(t testing.TB, d senders.Delivery) senders.Event {
	t.Helper()
	e, err := senders.Read(d, posternity)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// said returns the event that Read reads from a webhook of the sender with this body.
func said(t testing.TB, sender, body string) senders.Event {
	t.Helper()
	return read(t, senders.Delivery{Sender: sender, Body: []byte(body), Received: received})
}

// files returns the event's files in one line: name, role, status, and host, object or problem.
func files(e senders.Event) string {
	var list []string
	for _, f := range e.Files {
		what := f.Problem
		switch {
		case f.Stored != nil:
			what = f.Stored.Bucket + "/" + f.Stored.Key
			if !f.URL.IsZero() {
				what += " or " + f.URL.Host()
			}
			if f.Twice {
				what += " twice"
			}
		case !f.URL.IsZero():
			what = f.URL.Host()
		}
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Role, f.Name, f.Status))+": "+what)
	}
	return strings.Join(list, ", ")
}

// Each sample must be read as the event in the table, where "*" stands for a hash.
func TestSamples(t *testing.T) {
	t.Parallel()
	const failed, rejected, shot = senders.AlertJobFailed, senders.AlertBuildRejected, senders.AlertScreenshotFailed
	tests := []struct {
		sample, kind, status string
		rank                 int
		identity, subject    string
		alert, unknown       string
		files                string
	}{
		{"hoox-generate-completed", "video_generate", "completed", 3, "video_generate/job/run_7/completed", "job/run_7:video_generate", "", "", ""},
		{"hoox-generate-failed", "video_generate", "failed", 2, "video_generate/job/run_7/failed", "job/run_7:video_generate", failed, "", ""},
		{"hoox-export-completed", "video_export", "completed", 3, "video_export/job/run_7/completed", "job/run_7", "", "", "master export: cdn.example"},
		{"hoox-export-failed", "video_export", "failed", 2, "video_export/job/run_7/failed", "job/run_7", failed, "", ""},
		{"hoox-avatar-create-completed", "avatar_create", "completed", 3, "avatar_create/avatar/avtr_7:look_7/completed", "avatar/avtr_7:look_7", "", "", ""},
		{"hoox-avatar-create-failed", "avatar_create", "failed", 2, "avatar_create/avatar/avtr_7:look_7/failed", "avatar/avtr_7:look_7", failed, "", ""},
		{"hoox-avatar-edit-completed", "avatar_edit", "completed", 3, "avatar_edit/avatar/avtr_7:look_7/completed", "avatar/avtr_7:look_7:avatar_edit", "", "", ""},
		{"hoox-avatar-edit-failed", "avatar_edit", "failed", 2, "avatar_edit/avatar/avtr_7:look_7/failed", "avatar/avtr_7:look_7:avatar_edit", failed, "", ""},
		{"hoox-asset-completed", "asset_generation", "completed", 3, "asset_generation/asset/asset_7/completed", "asset/asset_7", "", "", "master asset: cdn.example"},
		{"hoox-asset-failed", "asset_generation", "failed", 2, "asset_generation/asset/asset_7/failed", "asset/asset_7", failed, "", ""},
		{"hoox-older-generate-completed", "video_generate", "completed", 3, "video_generate/job/run_7/completed", "job/run_7:video_generate", "", "", ""},
		{"hoox-older-export-completed", "video_export", "completed", 3, "video_export/job/run_7/completed", "job/run_7", "", "", "master export: cdn.example"},
		{"hoox-older-failed", "", "failed", 2, "untold/job/run_7/failed", "job/run_7", failed, "", ""},
		{"hoox-unknown-task", "video_translate", "completed", 3, "video_translate/job/run_7/completed", "job/run_7:video_translate", "", "type", ""},

		{"streampixel-uploaded", "build.uploaded", "pending", 1, "upload_7/build.uploaded", "build/upload_7", "", "", ""},
		{"streampixel-downloading", "build.downloading", "Downloading Files", 2, "upload_7/build.downloading", "build/upload_7", "", "", "build build: cdn.example"},
		{"streampixel-extracting", "build.extracting", "Extracting & Scanning", 3, "upload_7/build.extracting", "build/upload_7", "", "", "build build: cdn.example"},
		{"streampixel-saving", "build.saving", "Saving to Repository", 4, "upload_7/build.saving", "build/upload_7", "", "", "build build: cdn.example"},
		{"streampixel-distributing", "build.distributing", "Distribute", 5, "upload_7/build.distributing", "build/upload_7", "", "", "build build: cdn.example"},
		{"streampixel-approved", "build.approved", "Approved", 6, "upload_7/build.approved", "build/upload_7", "", "", "build build: cdn.example"},
		{"streampixel-rejected", "build.rejected", "Reject", 6, "upload_7/build.rejected", "build/upload_7", rejected, "", "build build: cdn.example"},
		{"streampixel-null-upload", "build.uploaded", "pending", 1, "null/build.uploaded/proj_7/*", "other/*", "", "", ""},
		{"streampixel-test", "webhook.test", "test", 0, "test/*", "other/*", "", "", ""},
		{"streampixel-unknown-event", "build.archived", "Archived", 0, "upload_7/build.archived", "build/upload_7", "", "type", ""},

		{"adreform-approved", "screenshot_set.approved", "approved", 2, "evt_7", "set/set-7", shot, "",
			"proof screenshot/shot-1-7 uploaded: cdn.example, proof screenshot/shot-2-7 ad_not_captured: status, " +
				"proof screenshot/shot-3-7 net_read_timeout: status, proof screenshot/shot-4-7 uploaded: cdn.example"},
		{"adreform-approved-stored", "screenshot_set.approved", "approved", 2, "evt_7", "set/set-7", "", "", "proof screenshot/shot-1-7 uploaded: acme-proofs/ar_1.png or cdn.example"},
		{"adreform-ad-uploaded", "ad.uploaded", "", 1, "evt_7", "ad/ad-7", "", "", ""},
		{"adreform-unknown-topic", "campaign.closed", "", 0, "evt_7", "other/*", "", "type", ""},

		{"posternity-campaign-completed", "studio.campaign.completed", "", 2, "body/*", "campaign/cmp_7", "", "", "master file/aeaganppikgaijmc: cdn.example"},
		{"posternity-template-approved", "studio.template.approved", "", 2, "body/*", "template/tpl_7", "", "", ""},
		{"posternity-batch-progress", "studio.batch.progress", "", 1, "body/*", "batch/batch_7", "", "", ""},
		{"posternity-unknown-event", "map.location.completed", "", 0, "body/*", "other/*", "", "type", ""},
		{"posternity-test", "webhook.test", "", 0, "body/*", "other/*", "", "", ""},
	}
	told := map[string]bool{}
	for _, test := range tests {
		told[test.sample] = true
		e := read(t, sample(t, test.sample))
		got := []any{e.Type, e.Status, e.Rank, e.Alert, strings.Join(e.Unknown, " "), files(e), e.Known, e.Test}
		want := []any{test.kind, test.status, test.rank, test.alert, test.unknown, test.files, test.unknown == "", strings.HasSuffix(test.sample, "-test")}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", test.sample, got, want)
		}
		if !alike(e.Identity, test.identity) || !alike(e.Subject, test.subject) {
			t.Errorf("%s: %s of %s, want %s of %s", test.sample, e.Identity, e.Subject, test.identity, test.subject)
		}
		if again := read(t, sample(t, test.sample)); !reflect.DeepEqual(again.Identity, e.Identity) || again.Subject != e.Subject {
			t.Errorf("%s: read again it is %s of %s", test.sample, again.Identity, again.Subject)
		}
	}
	for _, name := range events.AnnouncementNames() {
		if !told[name] {
			t.Errorf("%s: nobody says what it means", name)
		}
	}
}

// alike reports whether got matches a pattern. A "*" at the pattern's end stands for any text.
func alike(got, pattern string) bool {
	start, open := strings.CutSuffix(pattern, "*")
	return got == pattern || open && strings.HasPrefix(got, start) && len(got) > len(start)
}

func TestTimesAndFormats(t *testing.T) {
	t.Parallel()
	export := read(t, sample(t, "hoox-export-completed"))
	if f := export.Files[0]; !f.Expires.Equal(received.Add(7*24*time.Hour)) || f.URL.Reveal() != file {
		t.Errorf("the export expires %v", f.Expires)
	}
	for stamp, want := range map[string]time.Time{
		`"2026-11-21T10:52:11.822-05:00"`: time.Date(2026, 11, 21, 15, 52, 11, 822e6, time.UTC),
		`"2026-11-20T10:00:00Z"`:          time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC),
		`"2026-11-23T10:00:00Z"`:          received, // too far in the future, so the time of receipt is used
		`"1970-01-01T00:00:00Z"`:          received,
		`"yesterday"`:                     received,
		`1700000000`:                      received,
		`null`:                            received,
	} {
		for sender, body := range map[string]string{
			senders.Hoox:        `{"result":{"created_at":` + stamp + `}}`,
			senders.Streampixel: `{"timestamp":` + stamp + `}`,
			senders.AdReform:    `{"created_at":` + stamp + `}`,
			senders.Posternity:  `{"timestamp":` + stamp + `}`,
		} {
			if e := said(t, sender, body); !e.At.Equal(want) {
				t.Errorf("%s %s: at %v, want %v", sender, stamp, e.At, want)
			}
		}
	}
	for format, want := range map[string]string{
		"vertical": "9x16", "ads": "4x5", "square": "1x1", "horizontal": "16x9", "Vertical": "9x16", "9:16": "9x16", "custom": "", "": "",
	} {
		e := said(t, senders.Hoox, `{"job_id":"j","status":"completed","format":"`+format+`","result":{"video_url":"https://h/x"}}`)
		if got := string(e.Files[0].Aspect); got != want {
			t.Errorf("format %q is %q, want %q", format, got, want)
		}
	}
}

// A body that is not a JSON object must become an event whose identity is computed from the body's bytes.
func TestABodyThatIsNoObjectBecomesAnEvent(t *testing.T) {
	t.Parallel()
	for _, sender := range senders.Names() {
		seen := map[string]bool{}
		for _, body := range []string{"", "null", "[]", `"x"`, "7", "a=b&c=d", "{", `{"a":1}}`, "\xff"} {
			e := said(t, sender, body)
			if e.Known || !slices.Equal(e.Unknown, []string{senders.UnknownBody}) || !alike(e.Subject, "other/*") || seen[e.Identity] || len(e.Files) > 0 {
				t.Errorf("%s %q: %+v", sender, body, e)
			}
			seen[e.Identity] = true
		}
		if e := said(t, sender, "\xef\xbb\xbf{}"); slices.Contains(e.Unknown, senders.UnknownBody) {
			t.Errorf("%s: a byte order mark hides the object", sender)
		}
	}
	if _, err := senders.Read(senders.Delivery{Sender: "acme", Body: []byte("{}")}, posternity); !errors.Is(err, senders.ErrSender) {
		t.Errorf("another sender: %v", err)
	}
}

// A body larger than MaxBody must become an event whose identity is computed from the body's bytes.
func TestABodyOverMaxBodyBecomesAnEvent(t *testing.T) {
	t.Parallel()
	pad := func(n int) string { return `{"id":"1","event":"webhook.test","pad":"` + strings.Repeat("x", n) + `"}` }
	frame := len(pad(0))
	for _, sender := range senders.Names() {
		if e := said(t, sender, pad(senders.MaxBody-frame)); slices.Contains(e.Unknown, senders.UnknownLarge) {
			t.Errorf("%s, 1 MiB: %v", sender, e.Unknown)
		}
		e := said(t, sender, pad(senders.MaxBody-frame+1))
		if e.Known || e.Test || !slices.Equal(e.Unknown, []string{senders.UnknownLarge}) || !alike(e.Subject, "other/*") || len(e.Files) > 0 {
			t.Errorf("%s, a byte more: %+v", sender, e)
		}
		if other := said(t, sender, pad(senders.MaxBody-frame+2)); other.Identity == e.Identity {
			t.Errorf("%s: two large ones are one", sender)
		}
	}
}

// A sender's ids and names become parts of keys. Whatever their characters, the keys must be valid.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 300)
	for _, name := range []string{"a/b", ".", "..", "..\\x", "a b", long, "#", "~", "\\u0000"} {
		for sender, body := range map[string]string{
			senders.Hoox:        `{"task":"` + name + `","job_id":"` + name + `","status":"` + name + `"}`,
			senders.Streampixel: `{"event":"` + name + `","uploadId":"` + name + `","status":"` + name + `"}`,
			senders.AdReform:    `{"id":"` + name + `","topic":"ad.` + name + `","data":{"object":{"id":"` + name + `","status":"` + name + `"}}}`,
			senders.Posternity:  `{"event":"studio.batch.` + name + `","batch_id":"` + name + `","status":"` + name + `"}`,
		} {
			body = strings.ReplaceAll(body, `\x`, `\\x`)
			check(t, said(t, sender, body))
		}
	}
	a, b := said(t, senders.Hoox, `{"job_id":"a/b","status":"failed"}`), said(t, senders.Hoox, `{"job_id":"a/c","status":"failed"}`)
	if a.Identity == b.Identity || a.Subject == b.Subject {
		t.Errorf("two jobs are one: %s", a.Identity)
	}
	if e := said(t, senders.Hoox, `{"job_id":12,"status":"see https://h/secret"}`); e.Subject != "job/12" || strings.Contains(e.Status, "secret") {
		t.Errorf("%s %s", e.Subject, e.Status)
	}
}
