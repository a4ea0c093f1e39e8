package senders_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/senders"
)

func TestUnknownIsTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ sender, body, want string }{
		{senders.Hoox, `{"task":"video_export","job_id":"j","status":"completed","result":{"video_url":"https://h/x"}}`, ""},
		{senders.Hoox, `{"task":"video_export","job_id":"j","status":"Completed"}`, ""},
		{senders.Hoox, `{"task":"video_export","job_id":"j","status":"processing"}`, "status"},
		{senders.Hoox, `{"task":"voice_clone","job_id":"j","status":"failed","credits":1}`, "field type"},
		{senders.Hoox, `{"Task":"video_export","job_id":"j","status":"failed"}`, "field"},
		{senders.Hoox, `{}`, "status"},
		{senders.Streampixel, `{"event":"build.approved","uploadId":"u","status":"Approved"}`, ""},
		{senders.Streampixel, `{"event":"build.approved","uploadId":"u","status":"approved"}`, ""},
		{senders.Streampixel, `{"event":"build.approved","uploadId":"u","status":"Rejected"}`, "status"},
		{senders.Streampixel, `{"event":"build.approved","uploadId":"u","status":"Approved","reviewer":"x"}`, "field"},
		{senders.Streampixel, `{}`, "type"},
		{senders.AdReform, `{"id":"e","topic":"ad.uploaded"}`, ""},
		{senders.AdReform, `{"id":"e","topic":"ad.deleted","version":2}`, "field type"},
		{senders.AdReform, `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"status":"draft"}}}`, "file status"},
		{senders.AdReform, `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"status":"approved","screenshots":[{"status":"blurred"}]}}}`, "status"},
		{senders.AdReform, `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"status":"approved","screenshots":["x"]}}}`, "field file"},
		{senders.Posternity, `{"type":"studio.batch.progress","anything":1}`, ""},
		{senders.Posternity, `{"type":"studio.batch.done"}`, "type"},
	} {
		if e := said(t, test.sender, test.body); strings.Join(e.Unknown, " ") != test.want || e.Known != (test.want == "" || test.want == "field") {
			t.Errorf("%s %s: unknown %q, known %v; want %q", test.sender, test.body, e.Unknown, e.Known, test.want)
		}
	}
}

// The rank of an event must depend on its status, never on the order in which the events arrive.
func TestARankDependsOnTheStatus(t *testing.T) {
	t.Parallel()
	for sender, bodies := range map[string][]string{
		senders.Hoox: {
			`{"job_id":"j","status":"processing"}`, `{"job_id":"j","status":"failed"}`, `{"job_id":"j","status":"completed"}`,
		},
		senders.Streampixel: {
			`{"event":"build.renamed"}`, `{"event":"build.uploaded"}`, `{"event":"build.downloading"}`, `{"event":"build.extracting"}`,
			`{"event":"build.saving"}`, `{"event":"build.distributing"}`, `{"event":"build.approved"}`,
		},
		senders.AdReform:   {`{"topic":"x"}`, `{"topic":"ad.uploaded"}`, `{"topic":"screenshot_set.approved"}`},
		senders.Posternity: {`{"event":"x"}`, `{"event":"studio.batch.progress"}`, `{"event":"studio.campaign.completed"}`},
	} {
		last := -1
		for _, body := range bodies {
			e := said(t, sender, body)
			if e.Rank <= last {
				t.Errorf("%s: %s has rank %d after %d", sender, body, e.Rank, last)
			}
			last = e.Rank
		}
	}
	approved, rejected := said(t, senders.Streampixel, `{"event":"build.approved"}`), said(t, senders.Streampixel, `{"event":"build.rejected"}`)
	if approved.Rank != rejected.Rank {
		t.Error("a re-release could not turn one end into the other")
	}
}

// A completed task must outrank a failure of the same task, but never a failure of another task.
func TestHooxTasksAreSeparate(t *testing.T) {
	t.Parallel()
	tell := func(task, of, status string) senders.Event {
		return said(t, senders.Hoox, `{"task":"`+task+`",`+of+`,"status":"`+status+`"}`)
	}
	for of, tasks := range map[string][]string{
		`"job_id":"j"`:                                {"video_generate", "video_export", "video_translate", "a/b"},
		`"avatar_id":"a","look_id":"l"`:               {"avatar_create", "avatar_edit"},
		`"job_id":"` + strings.Repeat("j", 128) + `"`: {"video_generate", "video_export"},
	} {
		seen := map[string]string{}
		for _, task := range tasks {
			failed, completed := tell(task, of, "failed"), tell(task, of, "completed")
			if failed.Subject != completed.Subject || failed.Rank >= completed.Rank || failed.Identity == completed.Identity {
				t.Errorf("%s: %+v, then %+v", task, failed, completed)
			}
			if other, taken := seen[failed.Subject]; taken {
				t.Errorf("%s and %s of %s are both %s", task, other, of, failed.Subject)
			}
			seen[failed.Subject] = task
			check(t, failed)
		}
	}
	for of, task := range map[string]string{`"job_id":"j"`: "video_export", `"avatar_id":"a","look_id":"l"`: "avatar_create", `"asset_id":"s"`: "asset_generation"} {
		if with, without := tell(task, of, "failed"), tell("", of, "failed"); with.Subject != without.Subject {
			t.Errorf("%s is %s with its task, %s without", of, with.Subject, without.Subject)
		}
	}
}

// An event that reports a failure must contain the sender's reason.
func TestAFailureHasTheSendersReason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ sender, body, want string }{
		{senders.Hoox, `{"job_id":"j","status":"failed","error":{"code":"NO_CREDITS","message":"top up at https://h/pay?token=1"}}`, "NO_CREDITS top up at https://h/[redacted]"},
		{senders.Hoox, `{"job_id":"j","status":"failed","error":"x"}`, ""},
		{senders.Streampixel, `{"event":"build.rejected","uploadId":"u","objection":"does not\nstart"}`, "does not start"},
		{senders.Streampixel, `{"event":"build.approved","uploadId":"u","objection":null}`, ""},
		{senders.AdReform, `{"topic":"screenshot_set.approved","data":{"object":{"review_notes":"two sites were down"}}}`, "two sites were down"},
	} {
		if e := said(t, test.sender, test.body); e.Detail != test.want {
			t.Errorf("%s: %q, want %q", test.body, e.Detail, test.want)
		}
	}
}

// An event whose uploadId is null belongs to no build. Its project and its time must identify the event.
func TestStreampixelWithoutUpload(t *testing.T) {
	t.Parallel()
	body := func(upload, project, at string) string {
		return fmt.Sprintf(`{"event":"build.uploaded","uploadId":%s,"projectId":%s,"timestamp":%s}`, upload, project, at)
	}
	first := said(t, senders.Streampixel, body("null", `"p"`, `"2026-11-21T10:00:00Z"`))
	same := said(t, senders.Streampixel, body(`""`, `"p"`, `"2026-11-21T10:00:00Z"`))
	if first.Identity != same.Identity || first.Subject != same.Subject {
		t.Errorf("the same event is two: %s, %s", first.Identity, same.Identity)
	}
	seen := map[string]string{first.Identity: first.Subject}
	for _, other := range []string{
		body("null", `"p"`, `"2026-11-21T10:00:01Z"`), body("null", `"q"`, `"2026-11-21T10:00:00Z"`),
		body("null", "null", "null"), body("null", `"p"`, "null"), body("null", "null", `"2026-11-21T10:00:00Z"`),
		body(`"null"`, `"p"`, `"2026-11-21T10:00:00Z"`),
	} {
		e := said(t, senders.Streampixel, other)
		for identity, subject := range seen {
			if e.Identity == identity || e.Subject == subject {
				t.Errorf("%s is %s of %s, as another", other, e.Identity, e.Subject)
			}
		}
		seen[e.Identity] = e.Subject
	}
}

// A test event must have a new identity each time it is received. When the record of a test event
// is read again, the identity must be the same.
func TestEachTestEventIsNew(t *testing.T) {
	t.Parallel()
	d := sample(t, "streampixel-test")
	first := read(t, d)
	d.Received = d.Received.Add(time.Nanosecond)
	if second := read(t, d); second.Identity == first.Identity || second.Subject == first.Subject {
		t.Errorf("two tests are one: %s", first.Identity)
	}
	with := said(t, senders.Streampixel, `{"event":"webhook.test","status":"test","uploadId":"u","fileUrl":"https://h/x"}`)
	if !with.Test || len(with.Files) > 0 || with.Subject == "build/u" {
		t.Errorf("a test that names a build: %+v", with)
	}
}

func TestHooxSent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		agent, mark string
		want        bool
	}{
		{"Hoox-API/1.0", "true", true}, {"hoox-api", "", true}, {"", "True", true}, {"curl/8", "true", true},
		{"", "", false}, {"curl/8", "false", false}, {"Mozilla/5.0", "yes", false},
	} {
		if got := senders.HooxSent(map[string]string{"user-agent": test.agent, "x-hoox-webhook": test.mark}); got != test.want {
			t.Errorf("%q, %q: %v", test.agent, test.mark, got)
		}
	}
}

// Read must report a URL that cannot be fetched, with the name of its file.
func TestURLsThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		`"https://h/x"`: "h", `null`: senders.ProblemURLAbsent, `""`: senders.ProblemURLAbsent, `{}`: senders.ProblemURLAbsent,
		`"ftp://h/x"`: senders.ProblemURLUnusable, `"file:///etc/passwd"`: senders.ProblemURLUnusable, `"x"`: senders.ProblemURLUnusable,
		`"https://h/a\nb"`: senders.ProblemURLUnusable, `"https://h /"`: senders.ProblemURLUnusable, `"https://h/100% x"`: senders.ProblemURLUnusable,
		`"https://h/\n"`: "h", `" https://h/My film.mp4 "`: "h", `7`: senders.ProblemURLUnusable,
	} {
		for sender, body := range map[string]string{
			senders.Hoox:       `{"task":"video_export","job_id":"j","status":"completed","result":{"video_url":` + address + `}}`,
			senders.AdReform:   `{"topic":"screenshot_set.approved","data":{"object":{"screenshots":[{"id":"1","status":"uploaded","image_url":` + address + `}]}}}`,
			senders.Posternity: `{"data":{"assets":[{"url":` + address + `}]}}`,
		} {
			if got := files(said(t, sender, body)); !strings.HasSuffix(got, ": "+want) {
				t.Errorf("%s %s: %q, want %s", sender, address, got, want)
			}
		}
	}
}

func TestAdReformScreenshots(t *testing.T) {
	t.Parallel()
	const shot, failed = `{"id":"a","status":"uploaded","image_url":"https://h/a"}`, `{"status":"ad_not_captured"}`
	const there, elsewhere = `{"bucket":"acme-b","key":"k/1.png","status":"uploaded"}`, `{"bucket":"acme-b","key":"k/2.png","status":"failed"}`
	const other = `{"id":"b","status":"uploaded","image_url":"https://h2/b"}`
	const second, bare = `{"bucket":"acme-b","key":"k/3.png","status":"uploaded"}`, `{"id":"c","status":"uploaded"}`
	const object = "object/fkcinphofmeiodpk uploaded: acme-b/k/1.png"
	const secondObject = "object/olknialkejnbfoli uploaded: acme-b/k/3.png"
	for _, test := range []struct{ set, want string }{
		{`"screenshots":[` + shot + `]`, "proof screenshot/a uploaded: h"},
		{`"screenshots":[` + shot + `,` + shot + `]`, "proof screenshot/a uploaded: h, proof screenshot/~npbphdbcohiamaaa uploaded: h"},
		{`"screenshots":[` + failed + `]`, "proof screenshot/~1 ad_not_captured: status"},
		{`"screenshots":[` + shot + `],"s3_objects":null`, "proof screenshot/a uploaded: h"},
		{`"screenshots":[` + shot + `],"s3_objects":[` + there + `]`, "proof screenshot/a uploaded: acme-b/k/1.png or h"},
		{`"screenshots":[{"id":"a","status":"uploaded"}],"s3_objects":[` + there + `]`, "proof screenshot/a uploaded: acme-b/k/1.png"},
		{`"screenshots":[` + shot + `],"s3_objects":[` + elsewhere + `]`, "proof screenshot/a uploaded: h"},
		{`"screenshots":[` + failed + `],"s3_objects":[` + there + `]`, "proof screenshot/~1 ad_not_captured: status"},
		// The set does not say which object shows which screenshot. So Read returns every
		// screenshot and every uploaded object as a file.
		{`"screenshots":[` + shot + `,` + failed + `,` + failed + `],"s3_objects":[` + there + `,` + elsewhere + `]`,
			"proof screenshot/a uploaded: h, proof screenshot/~2 ad_not_captured: status, proof screenshot/~3 ad_not_captured: status, proof " + object + " twice"},
		{`"screenshots":[` + shot + `,` + other + `],"s3_objects":[` + there + `,` + second + `]`,
			"proof screenshot/a uploaded: h, proof screenshot/b uploaded: h2, proof " + object + " twice, proof " + secondObject + " twice"},
		{`"screenshots":[` + shot + `,` + failed + `,` + other + `],"s3_objects":[` + there + `,` + elsewhere + `]`,
			"proof screenshot/a uploaded: h, proof screenshot/~2 ad_not_captured: status, proof screenshot/b uploaded: h2, proof " + object + " twice"},
		{`"screenshots":[` + shot + `,` + other + `],"s3_objects":[` + there + `,` + there + `,` + there + `]`,
			"proof screenshot/a uploaded: h, proof screenshot/b uploaded: h2, proof " + object + " twice"},
		// The set has more objects than screenshots, so an object may show something else than a
		// screenshot. Therefore the expected text marks no object as "twice" (a second copy of a
		// screenshot).
		{`"screenshots":[` + shot + `],"s3_objects":[` + there + `,` + second + `]`, "proof screenshot/a uploaded: h, proof " + object + ", proof " + secondObject},
		// The second screenshot has no link, so one of the objects may be its only copy. Therefore
		// the expected text marks no object as "twice" (a second copy of a screenshot).
		{`"screenshots":[` + shot + `,` + bare + `],"s3_objects":[` + there + `,` + second + `]`, "proof screenshot/a uploaded: h, proof " + object + ", proof " + secondObject},
		{`"screenshots":[` + shot + `,` + bare + `],"s3_objects":[` + there + `,` + elsewhere + `]`, "proof screenshot/a uploaded: h, proof screenshot/c uploaded: url_absent, proof " + object},
		{`"screenshots":[` + shot + `],"s3_objects":[` + elsewhere + `,` + elsewhere + `]`, "proof screenshot/a uploaded: h"},
		{`"screenshots":[],"s3_objects":[` + there + `]`, "proof " + object},
		{`"screenshots":{},"s3_objects":7`, ""},
		{`"screenshots":[{"status":"uploaded","image_url":"https://h/a","s3_objects":[{"bucket":"../x","key":"k","status":"uploaded"}]}]`, "proof screenshot/~npbphdbcohiamaaa uploaded: h"},
		{`"screenshots":[{"status":"uploaded","image_url":"https://h/a","s3_objects":[{"bucket":"b","key":"","status":"uploaded"},` + there + `]}]`,
			"proof screenshot/~npbphdbcohiamaaa uploaded: acme-b/k/1.png or h"},
	} {
		e := said(t, senders.AdReform, `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"status":"approved",`+test.set+`}}}`)
		if got := files(e); got != test.want {
			t.Errorf("%s:\n%s\n%s", test.set, got, test.want)
		}
		if (e.Alert == senders.AlertScreenshotFailed) != strings.Contains(test.set, "ad_not_captured") {
			t.Errorf("%s: alert %q", test.set, e.Alert)
		}
	}
	many := said(t, senders.AdReform, `{"topic":"screenshot_set.approved","data":{"object":{"screenshots":[`+strings.Repeat(shot+",", 5000)+shot+`]}}}`)
	if len(many.Files) != 200 {
		t.Errorf("%d files of 5,001", len(many.Files))
	}
}

func TestPosternityPointers(t *testing.T) {
	t.Parallel()
	body := []byte(`{"meta":{"id":"m/1","a/b":{"~":"odd"}},"kind":"studio.campaign.completed","campaign":{"id":"c1"},
		"state":"done","files":["https://h1/a",{"u":"https://h2/b"}],"sizes":{"big":{"u":"https://h3/c"}}}`)
	c := senders.PosternityConfig{
		Identity: "/meta/a~1b/~0", Type: "/kind", Status: "/state", Files: []string{"/files/0", "/files/*/u", "/sizes/big/u", "/none/*", "/files/9", "/files/-1"},
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	e, err := senders.Read(senders.Delivery{Sender: senders.Posternity, Body: body, Received: received}, c)
	if err != nil || e.Identity != "id/odd" || e.Subject != "campaign/c1" || e.Status != "done" || !e.Known {
		t.Errorf("%+v, %v", e, err)
	}
	if got := files(e); got != "master file/kfjlllaoodlccbee: h1, master file/cokegonppdbdndgm: h2, master file/djbicmhcioemopkm: h3" {
		t.Errorf("files %s", got)
	}
	c.Subject = "/meta/id"
	if e, err = senders.Read(senders.Delivery{Sender: senders.Posternity, Body: body, Received: received}, c); err != nil || !strings.HasPrefix(e.Subject, "campaign/~") {
		t.Errorf("subject %s, %v", e.Subject, err)
	}
	for _, bad := range []senders.PosternityConfig{
		{Identity: "id"}, {Type: "x/y"}, {Files: []string{"/a", "b"}}, {Status: "/" + strings.Repeat("x", 256)}, {Files: make([]string, 17)},
	} {
		if bad.Check() == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}
