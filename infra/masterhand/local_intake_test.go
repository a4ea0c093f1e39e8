package main

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/intake/s3records"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/dynamostore"
)

// arrivals holds what one test needs for announcements: a simulated system, a session on that
// system, and a bucket for events and queues that only this test uses.
type arrivals struct {
	env       *scenariotest.Env
	session   *session
	records   s3records.Records
	timelines dynamostore.Store
	queues    map[string]string // URL of each queue, by the name of the stack's output
}

func takingIn(t *testing.T) *arrivals {
	t.Helper()
	env := scenariotest.Start(t, system.Config{})
	names, urls := queues(t, env, "intake")
	s, _ := working(t, env, wire{func(*http.Request) error { return nil }})
	s.queues = names
	s.system.IntakeURL, s.system.S3.IntakeBucket = "http://127.0.0.1:9", "intake-"+strings.ToLower(rand.Text())
	if _, err := env.Clients().S3().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.system.S3.IntakeBucket}); err != nil {
		t.Fatal(err)
	}
	return &arrivals{
		env: env, session: s, queues: urls,
		records:   s3records.Records{Client: env.Clients().S3(), Bucket: s.system.S3.IntakeBucket},
		timelines: dynamostore.Store{Client: env.Clients().DynamoDB(), Table: s.system.DynamoDB.Table},
	}
}

// ops runs a command on the simulated system of the test.
func (a *arrivals) ops(t *testing.T, o operator, args ...string) said {
	t.Helper()
	return o.inSession(t, a.session, args...)
}

// happened stores the timeline of a subject, and returns the key of its first event. ago is the time
// since that event.
func (a *arrivals) happened(t *testing.T, sender, subject string, ago time.Duration, change func(*timeline.Timeline)) string {
	t.Helper()
	received := time.Now().Add(-ago)
	key := intake.Record{ID: intake.NewID(received, rand.Text()), Sender: sender, Received: received}.Key()
	line := timeline.Timeline{
		Version: 1, Sender: sender, Subject: subject, ReceivedAt: received, UpdatedAt: received,
		Entries: []timeline.Entry{{Identity: "1", Type: "told", Status: "done", At: received, Received: received, Count: 2, Record: key}},
	}
	line.State.Type, line.State.Status = "told", "done"
	change(&line)
	if err := a.timelines.Save(t.Context(), line); err != nil {
		t.Fatal(err)
	}
	return key
}

func filed(name string, state timeline.FileState) timeline.File {
	return timeline.File{Name: name, Role: senders.Master, State: state, Host: "cdn.example", Since: noon}
}

func TestIntakeListAndShow(t *testing.T) {
	t.Parallel()
	a := takingIn(t)
	list := func(args ...string) said {
		t.Helper()
		return a.ops(t, operator{}, append([]string{"intake", "list"}, args...)...)
	}
	list().expect(t, 0, "no matching subjects in the last 7 days")

	a.happened(t, senders.Hoox, "job/stored", time.Minute, func(l *timeline.Timeline) {
		f := filed("export", timeline.Stored)
		f.Key, f.SHA256, f.Size = "HRT-1212/v2/en/9x16-abc.mp4", strings.Repeat("0f", 32), 1234
		l.Files = []timeline.File{f}
	})
	failing := a.happened(t, senders.Hoox, "job/failed", 30*time.Hour, func(l *timeline.Timeline) {
		f := filed("export", timeline.Failed)
		f.Code, f.Detail, f.Tries = collect.CodeNotMedia, `content is "text/html"`, 3
		l.Files = []timeline.File{filed("still", timeline.Announced), f}
	})
	a.happened(t, senders.Streampixel, "build/rejected", 50*time.Hour, func(l *timeline.Timeline) {
		l.State.Status, l.State.Alert, l.State.Detail = "rejected", senders.AlertBuildRejected, "no \x1b[31m entry"
		l.Notified = []string{senders.AlertBuildRejected}
	})
	a.happened(t, senders.AdReform, "set/old", 20*24*time.Hour, func(l *timeline.Timeline) {
		l.Files = []timeline.File{filed("still", timeline.Announced)}
	})

	got := list()
	got.expect(t, 0, "job/stored", "1 stored", "job/failed", "1 announced, 1 failed", `export: not_media: content is "text/html"`,
		"build/rejected", "told rejected", "build_rejected: no �[31m entry")
	got.quiet(t, "set/old", "\x1b")
	if first, second := strings.Index(got.out, "job/stored"), strings.Index(got.out, "job/failed"); first > second {
		t.Errorf("not the newest first\n%s", got.out)
	}
	list("--since", "24h").quiet(t, "job/failed", "build/rejected")
	list("--since", "30d").expect(t, 0, "set/old", "waiting")
	list("--state", "failed").quiet(t, "job/stored")
	list("--state", "failed").expect(t, 0, "job/failed", "build/rejected")
	list("--sender", "hoox").quiet(t, "build/rejected")
	list("--kind", "build").quiet(t, "job/")
	list("--limit", "1").quiet(t, "job/failed")
	for _, wrong := range [][]string{{"--sender", "acme"}, {"--state", "lost"}, {"--limit", "0"}, {"job/1"}} {
		list(wrong...).expect(t, 2)
	}
	var one struct {
		Condition timeline.Condition
		timeline.Timeline
	}
	if err := json.Unmarshal([]byte(list("--json", "--limit", "1").out), &one); err != nil || one.Subject != "job/stored" || one.Condition != timeline.ConditionStored {
		t.Errorf("as JSON: %+v, %v", one, err)
	}

	show := func(args ...string) said {
		t.Helper()
		return a.ops(t, operator{}, append([]string{"intake", "show"}, args...)...)
	}
	show("hoox", "job/failed").expect(t, 0, "hoox job/failed", "state     failed", "told", "done", failing, "export master failed", "cdn.example",
		`why       not_media: content is "text/html"`, "what now  the file is neither video nor image", "tries     3", "still master announced")
	show("hoox", "job/stored").expect(t, 0, "HRT-1212/v2/en/9x16-abc.mp4", "size      1234 bytes", strings.Repeat("0f", 32))
	show("streampixel", "build/rejected").expect(t, 0, "no files were announced", "notified  build_rejected", "why       no �[31m entry")
	show("hoox", "job/failed", "--json").expect(t, 0, `"condition":"failed"`, failing)
	show("hoox", "job/absent").expect(t, 1, "no such subject")
	show("acme", "job/1").expect(t, 2, "SENDER must be one of hoox, ")
	show("hoox").expect(t, 2)

	for _, args := range [][]string{{}, {"--outcome", "failed"}} {
		// The table of the ledger also contains timelines. The command "requests" must not list them.
		a.ops(t, operator{}, append([]string{"requests"}, args...)...).expect(t, 0, "no matching requests")
	}
	a.session.system.IntakeURL, a.session.system.S3.IntakeBucket, a.session.system.Senders = "", "", ""
	list().expect(t, 1, "cannot receive announcements")
	show("hoox", "job/failed").expect(t, 1, "cannot receive announcements")
}
