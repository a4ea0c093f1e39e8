package collect_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// lacking returns the body of a webhook that announces an export but has no link to it. A public bug
// report shows such a body.
func lacking(t *testing.T) string {
	t.Helper()
	data, err := events.Wire("06-hoox-export-without-url.json")
	var c struct {
		Body json.RawMessage
		Want string
	}
	if err != nil || json.Unmarshal(data, &c) != nil || !strings.Contains(c.Want, "CollectFailures by reason url_absent") {
		t.Fatalf("%v: %s", err, data)
	}
	return string(c.Body)
}

// If an event must bring a file but has no link to it, this is a failure. The failure must be
// counted once, and one notice must be sent.
func TestAnExportWithoutALinkIsAFailure(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.NotifyOn = []string{senders.AlertNoFile}
	m := d.store(t, senders.Hoox, intake.Coordinates{}, lacking(t))
	d.telling = errors.New("topic down")
	if o := d.collect(t, m); o.Done || o.Err == nil || len(o.Ended) != 1 {
		t.Errorf("while nobody can be told: %+v", o)
	}
	d.telling = nil
	for range 2 {
		if o := d.collect(t, m); !o.Done || len(o.Ended) != 0 {
			t.Errorf("%+v", o)
		}
	}
	line := d.line(t, senders.Hoox, "job/run_nourl")
	if f := line.File("export"); line.Condition() != timeline.ConditionFailed || f.State != timeline.Failed || f.Code != senders.ProblemURLAbsent {
		t.Errorf("%s: %+v", line.Condition(), f)
	}
	if len(d.told) != 1 || d.told[0].Code != senders.AlertNoFile || d.told[0].Detail != "export: url_absent" || d.told[0].Subject != "job/run_nourl" {
		t.Errorf("told %+v", d.told)
	}
}

// A file is stored, and another announcement of the file has no link. The missing link must be
// counted as a failure, but no notice must be sent.
func TestAStoredFileIsNotLost(t *testing.T) {
	t.Parallel()
	d := newFixture()
	d.NotifyOn = []string{senders.AlertNoFile}
	d.collect(t, d.export(t, server(t, serving(film(1000), `"v1"`))))
	o := d.collect(t, d.export(t, ""))
	if len(o.Ended) != 1 || o.Ended[0].Code != senders.ProblemURLAbsent || d.file(t).State != timeline.Stored || len(d.told) != 0 {
		t.Errorf("%+v, told %+v", o, d.told)
	}
}

// If the first announcement of a file had no link, collect must fetch the file when a later
// announcement has one.
func TestALaterLinkBringsTheFile(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(1000)
	d.collect(t, d.export(t, ""))
	d.advance(time.Minute)
	d.collect(t, d.export(t, server(t, serving(content, `"v1"`))))
	d.fetched(t, content)
	if line := d.line(t, senders.Hoox, "job/run_1"); line.Condition() != timeline.ConditionStored {
		t.Errorf("%s: %+v", line.Condition(), line)
	}
}

// If an event must bring files but has none, a notice must be sent.
func TestAnEventThatMustBringFilesAndBringsNone(t *testing.T) {
	t.Parallel()
	const renamed = `{"id":"e","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","shots":[{"status":"uploaded"}]}}}`
	const failed = `{"id":"f","topic":"screenshot_set.approved","data":{"object":{"id":"f","status":"approved","screenshots":[{"id":"1","status":"upload_failed"},{"id":"2","status":"blurred"}]}}}`
	const done = `{"task":"video_export","job_id":"j","status":"done","result":{"video_url":"https://h/x"}}`
	for _, test := range []struct {
		sender, body, subject string
		want                  timeline.Condition
		ended                 []string
		told                  int
	}{
		{senders.AdReform, renamed, "set/s", timeline.ConditionUnknown, nil, 1},
		{senders.AdReform, failed, "set/f", timeline.ConditionFailed, []string{senders.ProblemURLAbsent, senders.ProblemUnknown}, 1},
		{senders.Hoox, done, "job/j", timeline.ConditionUnknown, nil, 0},
		{senders.Hoox, `{"task":"video_generate","job_id":"j","status":"completed","result":{"video_id":"v"}}`, "job/j:video_generate", timeline.ConditionNoted, nil, 0},
		{senders.Streampixel, `{"event":"build.saving","uploadId":"u","status":"Saving to Repository","fileUrl":null}`, "build/u", timeline.ConditionNoted, nil, 0},
		{senders.Streampixel, `{"event":"build.saving","uploadId":"u","status":"Saving","fileUrl":null}`, "build/u", timeline.ConditionUnknown, nil, 0},
	} {
		d := newFixture()
		d.NotifyOn = []string{senders.AlertNoFile}
		m := d.store(t, test.sender, intake.Coordinates{}, test.body)
		o := d.collect(t, m)
		d.collect(t, m)
		var ended []string
		for _, f := range o.Ended {
			ended = append(ended, f.Code)
		}
		if got := d.line(t, test.sender, test.subject).Condition(); got != test.want || !slices.Equal(ended, test.ended) || len(d.told) != test.told || !o.Done {
			t.Errorf("%s: %s, ended %v, told %+v", test.body, got, ended, d.told)
		}
	}
}

// A replay must fetch the file of an event that older code did not understand.
func TestAReplayUsesThePresentCode(t *testing.T) {
	t.Parallel()
	d, content := newFixture(), film(1000)
	d.NotifyOn = nil
	m := d.store(t, senders.Posternity, intake.Coordinates{}, `{"event":"studio.campaign.completed","data":{"campaign_id":"c","media":[{"href":"`+server(t, serving(content, `"v1"`))+`"}]}}`)
	d.Posternity = senders.PosternityConfig{Files: []string{"/data/assets/*/url"}}
	d.collect(t, m)
	if line := d.line(t, senders.Posternity, "campaign/c"); line.Condition() != timeline.ConditionUnknown || !slices.Equal(line.Unknown(), []string{senders.UnknownFile}) {
		t.Fatalf("%s: %+v", line.Condition(), line)
	}
	d.advance(time.Hour)
	d.Posternity = senders.PosternityConfig{Files: []string{"/data/media/*/href"}}
	m.Replay = d.clock()
	var o collect.Outcome
	if o = d.collect(t, m); !o.Done || o.Bytes != int64(len(content)) {
		t.Errorf("%+v", o)
	}
	if line := d.line(t, senders.Posternity, "campaign/c"); line.Condition() != timeline.ConditionStored || line.Unknown() != nil {
		t.Errorf("%s: %+v", line.Condition(), line)
	}
}
