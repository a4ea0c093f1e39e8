package system_test

import (
	"context"
	"flag"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/events"
	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/cdn"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/masters/s3store"
)

var replaySeed = flag.Uint64("replay-seed", 0, "of the order in which announcements come; 0 takes another each time")

// said is one announcement as its sender sends it. The tests send it several times unchanged.
type said struct {
	sender, query string
	body          []byte
}

// everything returns one announcement for each sample. The announcements of a sender are about the
// same subject, for example the same job. Their times are a minute apart.
func everything(t *testing.T, host *cdn.Host) (all []said) {
	t.Helper()
	files := map[string]events.Values{}
	for _, sender := range senders.Names() {
		name, data, err := announce.SampleFile(sender)
		if err != nil {
			t.Fatal(err)
		}
		files[sender] = events.Values{FileURL: host.Serve(name, data), ID: "r7", Bucket: services.MastersBucket, Key: storedKey}
	}
	sent := time.Now().Add(-time.Hour)
	for _, name := range events.AnnouncementNames() {
		a, err := events.Announced(name)
		if err != nil {
			t.Fatal(err)
		}
		values := files[a.Sender]
		if strings.Contains(string(a.Body), "{{bucket}}") {
			// This Ad Reform announcement says that its files are in our bucket. It gets a set of
			// its own, because all files of a set must be in the same place.
			values.ID = "r8"
		}
		sent = sent.Add(time.Minute)
		values.Now = sent
		body, err := events.Fill(a.Body, values)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, said{a.Sender, "code=HRT-7&variation=1&locale=en", body})
	}
	return all
}

// storedKey is the key of the screenshot that Ad Reform announces as stored in our bucket.
const storedKey = "proofs/set/shot.png"

// world starts a new system that collects all kinds of files. It stores the object storedKey in the
// system's masters bucket.
func world(t *testing.T, c system.Config) *env {
	t.Helper()
	c.Environment = map[string]string{names.CollectBuilds: "true", names.PosternityFields: `{"files":["/data/assets/*/url"]}`}
	s := alone(t, c)
	s.Put(t, storedKey, sample(t, "HRT-1212/v2/en/4x5.png"))
	return s
}

// end is the stored state of the system after all announcements were processed.
type end struct {
	Timelines map[string]outcome // final timelines, by sender and subject, such as a job
	Tests     map[string]int     // number of timelines of test events, by sender
	Objects   map[string]object  // objects in the masters bucket, by key
}

// outcome is a timeline without the data that differ each time the test runs: times, numbers of
// attempts and names of records.
type outcome struct {
	Type, Status, Detail, Alert string
	Events                      map[string]string // by the event's identity: type, status, words unknown to collect
	Files                       map[string]timeline.File
}

type object struct {
	Size int64
	ETag string
	Tags map[string]string
}

// ended waits until the system has no more work, and returns its final state.
func (s *env) ended(t *testing.T) end {
	t.Helper()
	eventually(t, "all that was announced is taken", func(context.Context) bool {
		visible, under := s.collecting(t)
		return visible == 0 && under == 0
	})
	e := end{Timelines: map[string]outcome{}, Tests: map[string]int{}, Objects: map[string]object{}}
	for _, line := range s.timelines(t) {
		if line.Test {
			e.Tests[line.Sender]++
			continue
		}
		e.Timelines[line.Sender+" "+line.Subject] = outcomeOf(line)
	}
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: services.MastersBucket}
	for listed, err := range bucket.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		o, err := bucket.Look(t.Context(), listed.Key)
		if err != nil {
			t.Fatal(err)
		}
		e.Objects[o.Key] = object{o.Size, o.ETag, o.Labels.Tags}
	}
	return e
}

// collecting returns two numbers of messages in the collect queue: visible counts the waiting
// messages, and under counts those that are being processed.
func (s *env) collecting(t *testing.T) (visible, under int) {
	t.Helper()
	out, err := s.Clients().SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &s.CollectQueueURL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	number := func(name types.QueueAttributeName) int {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return number(types.QueueAttributeNameApproximateNumberOfMessages), number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
}

// timelines returns all timelines, of all senders, that began within the last day.
func (s *env) timelines(t *testing.T) (all []timeline.Timeline) {
	t.Helper()
	now := time.Now().UTC()
	for _, sender := range senders.Names() {
		for _, day := range []time.Time{now.AddDate(0, 0, -1), now} {
			found, err := s.Senders.Timelines.ByDay(t.Context(), sender, day.Format(time.DateOnly), 1000)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, found...)
		}
	}
	return all
}

func outcomeOf(line timeline.Timeline) outcome {
	o := outcome{
		Type: line.State.Type, Status: line.State.Status, Detail: line.State.Detail, Alert: line.State.Alert,
		Events: map[string]string{}, Files: map[string]timeline.File{},
	}
	for _, e := range line.Entries {
		o.Events[e.Identity] = strings.Join(append([]string{e.Type, e.Status}, e.Unknown...), " ")
	}
	for _, f := range line.Files {
		f.Record, f.Newest, f.Since, f.Tries = "", "", time.Time{}, 0
		o.Files[f.Name] = f
	}
	return o
}

// compare reports each difference between two final states.
func compare(t *testing.T, got, want end) {
	t.Helper()
	differ(t, got.Timelines, want.Timelines)
	differ(t, got.Tests, want.Tests)
	differ(t, got.Objects, want.Objects)
}

func differ[V any](t *testing.T, got, want map[string]V) {
	t.Helper()
	for name := range want {
		if !reflect.DeepEqual(got[name], want[name]) {
			t.Errorf("%s came to\n%+v\nwant\n%+v", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s came about: %+v", name, got[name])
		}
	}
}

// The final state of the system must be the same in three cases: all announcements are sent once in
// order, they are sent three times in random order, or they are collected only after an outage.
func TestAnnouncementsEndTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	host, err := cdn.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	all := everything(t, host)
	inOrder := world(t, system.Config{})
	for _, a := range all {
		wantTaken(t, inOrder.Senders.Post(t.Context(), a.sender, a.query, a.body))
	}
	want := inOrder.ended(t)
	if len(want.Timelines) < 10 || len(want.Objects) < 6 || want.Tests[senders.Streampixel] != 1 {
		t.Fatalf("all that was announced came to %+v", want)
	}
	t.Run("three times in any order", func(t *testing.T) {
		t.Parallel()
		anyOrder(t, all, want)
	})
	t.Run("after an outage", func(t *testing.T) {
		t.Parallel()
		outage(t, all, want)
	})
}

func anyOrder(t *testing.T, all []said, want end) {
	seed := *replaySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-replay-seed %d", seed)
	order := slices.Concat(all, all, all)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	s := world(t, system.Config{})
	for _, a := range order {
		wantTaken(t, s.Senders.Post(t.Context(), a.sender, a.query, a.body))
	}
	want.Tests = maps.Clone(want.Tests)
	want.Tests[senders.Streampixel] = 3 // the test event is sent three times, and each time makes a new timeline
	compare(t, s.ended(t), want)
	for _, line := range s.timelines(t) {
		for _, entry := range line.Entries {
			if !line.Test && entry.Count%3 != 0 {
				t.Errorf("%s %s: event %s counts %d times", line.Sender, line.Subject, entry.Identity, entry.Count)
			}
		}
	}
}

// outage sends all announcements while the function collect does not run. Then it starts collect
// and checks the final state. A longer outage would give the same result, up to the 14 days for
// which the collect queue keeps messages.
func outage(t *testing.T, all []said, want end) {
	s := world(t, system.Config{HoldCollect: true})
	for _, a := range all {
		wantTaken(t, s.Senders.Post(t.Context(), a.sender, a.query, a.body))
	}
	if visible, under := s.collecting(t); visible != len(all) || under != 0 {
		t.Errorf("%d announcements wait and %d are at work, want all %d to wait", visible, under, len(all))
	}
	if lines := s.timelines(t); len(lines) != 0 {
		t.Errorf("%d timelines while nobody collects", len(lines))
	}
	out, err := s.Clients().SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: &s.CollectQueueURL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameMessageRetentionPeriod},
	})
	if err != nil || out.Attributes["MessageRetentionPeriod"] != "1209600" {
		t.Errorf("the queue keeps messages for %v (%v)", out.Attributes, err)
	}
	if err := s.ReleaseCollect(); err != nil {
		t.Fatal(err)
	}
	compare(t, s.ended(t), want)
	uploads, err := s.Clients().S3().ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: new(services.MastersBucket)})
	if err != nil || len(uploads.Uploads) != 0 {
		t.Errorf("%d uploads are left open (%v)", len(uploads.Uploads), err)
	}
}
