package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/collect/s3upload"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/backoff"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library/masters"
)

// arrive stores an event as the function intake does, and returns the event's key. ago is the time
// since the event arrived.
func (a *arrivals) arrive(t *testing.T, sender, body string, ago time.Duration) string {
	t.Helper()
	at := time.Now().Add(-ago)
	r := intake.Record{ID: intake.NewID(at, rand.Text()), Sender: sender, Received: at, Body: []byte(body)}
	data, err := intake.Encode(r)
	if err == nil {
		err = a.records.Put(t.Context(), r.Key(), data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Key()
}

// collect returns the service of the function collect. It reads events from the test's own bucket,
// and uses the masters bucket and the table of the simulated system.
func (a *arrivals) collect() *collect.Service {
	return &collect.Service{
		Timelines: a.timelines, Records: a.records,
		Bucket:  s3upload.Bucket{Client: a.env.Clients().S3(), Name: a.session.system.S3.MastersBucket},
		Client:  safehttp.NewClient(safehttp.Config{Loopback: true}),
		Library: masters.Library{Name: "default"}, MastersBucket: a.session.system.S3.MastersBucket, MaxBytes: 1 << 20,
		Now: time.Now, NewHolder: rand.Text, PartSize: collect.PartSize, Silence: time.Minute, Backoff: backoff.Steps{First: time.Millisecond, Longest: time.Second},
	}
}

// work lets the service of the function collect process all messages in the queue. It returns the
// number of these messages.
func (a *arrivals) work(t *testing.T, service *collect.Service) (n int) {
	t.Helper()
	client, url := a.env.Clients().SQS(), a.queues["CollectQueueUrl"]
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return n
		}
		for _, m := range out.Messages {
			message, err := intake.DecodeMessage([]byte(*m.Body))
			if err != nil {
				t.Fatal(err)
			}
			service.Collect(t.Context(), message)
			if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
}

func exported(job, address string) string {
	return `{"task":"video_export","job_id":"` + job + `","status":"completed","result":{"video_url":"` + address + `"}}`
}

// If a file could not be stored and the cause is repaired, a replay of the event stores the file.
func TestAReplayStoresAFileThatFailed(t *testing.T) {
	t.Parallel()
	a, mended := takingIn(t), atomic.Bool{}
	film := scenariotest.Film(t, 1<<10)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !mended.Load() {
			_, _ = w.Write([]byte("%PDF-1.7"))
			return
		}
		_, _ = w.Write(film)
	}))
	defer host.Close()
	service := a.collect()
	failed := a.arrive(t, senders.Hoox, exported("failed", host.URL+"/S3CR3T"), time.Minute)
	// This event is stored, but the function collect receives no message about it, as if the
	// function intake had crashed before it sent the message.
	lost := a.arrive(t, senders.Hoox, exported("lost", host.URL+"/S3CR3T"), 5*time.Hour)
	other := a.arrive(t, senders.AdReform, `{"topic":"ad.uploaded"}`, time.Minute)
	service.Collect(t.Context(), intake.Message{Key: failed})
	show := func(subject string) said {
		t.Helper()
		return a.ops(t, operator{}, "intake", "show", senders.Hoox, subject)
	}
	show("job/failed").expect(t, 0, "export master failed", "not_media")

	replay := func(o operator, args ...string) said {
		t.Helper()
		got := a.ops(t, o, append([]string{"intake", "replay"}, args...)...)
		got.quiet(t, "S3CR3T", host.URL)
		return got
	}
	all := []string{"--sender", "hoox", "--since", "1d"}
	replay(operator{}, append(all, "--dry-run")...).expect(t, 0, failed, lost, "video_export completed", "to be replayed")
	replay(operator{}, "--sender", "hoox", "--since", "1h", "--dry-run").quiet(t, lost)
	replay(operator{}, append(all, "--state", "failed", "--dry-run")...).quiet(t, lost)
	replay(operator{input: "yes\n"}, all...).expect(t, 1, "2 events will be reprocessed", "nothing was changed")
	replay(operator{}, append(all, "--limit", "1", "--yes")...).expect(t, 1, "nothing was replayed")
	if n := a.work(t, service); n != 0 {
		t.Fatalf("%d messages before any was to be sent", n)
	}

	mended.Store(true)
	replay(operator{input: "replay\n"}, append(all, "--state", "failed")...).expect(t, 0, "1 event replayed")
	if n := a.work(t, service); n != 1 {
		t.Errorf("%d messages", n)
	}
	show("job/failed").expect(t, 0, "export master stored", "unsorted/hoox/job/failed/export-")
	replay(operator{}, append(all, "--yes")...).expect(t, 0, "2 events replayed")
	replay(operator{}, "hoox", "job/failed", "--yes").expect(t, 0, failed, "1 event replayed")
	if n := a.work(t, service); n != 3 {
		t.Errorf("%d messages", n)
	}
	show("job/lost").expect(t, 0, "export master stored")

	garbled, absent := strings.Replace(lost, lost[len(lost)-12:], "AAAAAAA.json", 1), strings.Replace(lost, "hoox", "adreform", 1)
	if err := a.records.Put(t.Context(), garbled, []byte("no record")); err != nil {
		t.Fatal(err)
	}
	replay(operator{}, other, garbled, absent, "raw/../x", "--yes", "--json").expect(t, 1, `"fate":"replayed"`, `"fate":"unreadable"`, `"fate":"gone"`, "3 are left")
	if n := a.work(t, service); n != 1 {
		t.Errorf("%d messages", n)
	}
	a.list(t, other, "adreform")
	replay(operator{}, "--sender", "posternity", "--since", "1d", "--yes").expect(t, 0, "no matching events")
	replay(operator{}, "hoox", "job/absent").expect(t, 1, "no such subject")
}

// list runs "intake list" for a sender, and fails the test unless the output names the given
// record.
func (a *arrivals) list(t *testing.T, record, sender string) {
	t.Helper()
	a.ops(t, operator{}, "intake", "list", "--sender", sender, "--json").expect(t, 0, record)
}

// If the queue refuses a message, "intake replay" reports that and stops. It also reports how many
// events it had already replayed.
func TestReplayReportsARefusedMessage(t *testing.T) {
	t.Parallel()
	a, sent := takingIn(t), 0
	for range 3 {
		a.arrive(t, senders.Hoox, exported("job", "https://h.example/S3CR3T"), time.Minute)
	}
	a.session.aws.HTTPClient = wire{func(r *http.Request) error {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessage") {
			return nil
		}
		if sent++; sent == 2 {
			return errors.New("no route to host")
		}
		return nil
	}}
	got := a.ops(t, operator{}, "intake", "replay", "--sender", "hoox", "--since", "1h", "--yes")
	got.expect(t, 1, "1 event replayed", "queue refused the message")
	got.quiet(t, "S3CR3T")
	holds(t, a.env, a.queues["CollectQueueUrl"], 1)

	key := a.arrive(t, senders.Hoox, "{}", time.Minute)
	a.session.aws.HTTPClient = wire{func(r *http.Request) error {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/raw/") {
			return errors.New("no route to host")
		}
		return nil
	}}
	a.ops(t, operator{}, "intake", "replay", key, "--yes").expect(t, 1, "getting a record")
	a.session.aws.HTTPClient = http.DefaultClient
	if _, err := a.env.Clients().S3().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &a.records.Bucket, Key: &key}); err != nil {
		t.Fatal(err)
	}
	a.ops(t, operator{}, "intake", "replay", key, "--yes").expect(t, 1, "gone", "1 are left")
}

func TestReplayArguments(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"", "--sender hoox", "--since 1d", "job/1", "acme job/1", "hoox job/1 --since 1d", "raw/a --sender hoox", "raw/a job/1",
		"--sender acme --since 1d", "--sender hoox --since 1d --limit 10001", "raw/a --json", "--state lost --sender hoox --since 1d",
	} {
		newAccount(t).run(operator{}, append([]string{"intake", "replay"}, strings.Fields(args)...)...).expect(t, 2, "wrong arguments")
	}
	for _, args := range []string{"raw/a raw/b", "hoox job/1", "--sender hoox --since 1d", "--sender hoox --since 1d --state failed --kind job", "raw/a --json --dry-run"} {
		newAccount(t).run(operator{}, append([]string{"intake", "replay"}, strings.Fields(args)...)...).expect(t, 1, "cannot receive announcements")
	}
	keys := recordsIn(timeline.Timeline{Entries: []timeline.Entry{{Record: "raw/b"}, {}}, Files: []timeline.File{{Record: "raw/a"}}})
	if strings.Join(keys, " ") != "raw/b raw/a" {
		t.Errorf("records %q", keys)
	}
}

// This test runs the real functions. After the operator replays an event whose file failed, the next
// request receives the file.
func TestReplayedByTheFunctions(t *testing.T) {
	t.Parallel()
	env, mended, code := scenariotest.Start(t, system.Config{}), atomic.Bool{}, scenariotest.NewCode()
	film := scenariotest.Film(t, 1<<10)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !mended.Load() {
			_, _ = w.Write([]byte("%PDF-1.7"))
			return
		}
		_, _ = w.Write(film)
	}))
	defer host.Close()
	ops := here(t, env)
	until := func(what string, words ...string) {
		t.Helper()
		scenariotest.Eventually(t, what, func(context.Context) bool {
			shown := ops(operator{}, "intake", "show", "hoox", "job/"+code).out
			return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(shown, word) })
		})
	}
	body := []byte(exported(code, host.URL+"/S3CR3T"))
	if r := env.Senders.Post(t.Context(), senders.Hoox, "code="+code+"&variation=1&locale=en&aspect=9x16", body); r.Status != http.StatusOK {
		t.Fatalf("announced: %+v", r)
	}
	until("the file has failed", "master failed", "not_media", "what now")
	ops(operator{}, "intake", "list", "--state", "failed").expect(t, 0, "job/"+code)
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"show", "hoox", "job/" + code}, {"show", "hoox", "job/" + code, "--json"}} {
		ops(operator{}, append([]string{"intake"}, args...)...).quiet(t, "S3CR3T", host.URL)
	}
	mended.Store(true)
	ops(operator{}, "intake", "replay", "hoox", "job/"+code, "--yes").expect(t, 0, "1 event replayed")
	until("the file is stored", "master stored", code+"/v1/en/9x16-")
	scenariotest.Eventually(t, "a request would be answered", func(context.Context) bool {
		return strings.Contains(ops(operator{}, "explain", code+"-1", "en", "video", "9x16").out, "deliver "+code+"/v1/en/9x16-")
	})
}
