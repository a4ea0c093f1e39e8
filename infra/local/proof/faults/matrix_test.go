// Package faults_test lets everything around masterhand go wrong, one thing at a time,
// and holds what comes of it against a table: what the gateway is answered, how the
// ledger says that it ended, how many uploads and callbacks there were. A request that comes by a
// queue gets no answer; the rest of the table holds for it, too.
//
// It runs the real system: the functions reach S3, DynamoDB and SQS through proxies that
// spoil their exchanges, and the platform spoils those with itself.
package faults_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
)

// TestMain lets all cases wait at a time. An env says how many of them work.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "1000"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// trouble is one thing that goes wrong with one request, or several at once.
type trouble struct {
	name  string
	size  int                // of the master in bytes, at least; 0: there is none, and a skip is due
	own   *waitpoints.Config // the request's platform is its own, and behaves so
	skew  time.Duration      // how far ahead that platform's clock is
	long  bool               // a timeout of half a minute or more passes: the case takes no place of others
	cause func(t *testing.T, c *scene)
	// heal ends the trouble once the request was answered; nil: it ends by itself. Before that it is
	// tried again in vain if tried is set.
	tried bool
	heal  func(t *testing.T, c *scene)
	want  outcome
	// or are other ways to the same end, between which timing decides.
	or []outcome
}

// outcome is what came of a request.
type outcome struct {
	answers   string // the gateway's, in order; "" by a queue
	ledger    string // state and code
	puts      int    // uploads begun
	callbacks int    // that the platform took
}

// scene is a request in trouble, and where.
type scene struct {
	*env
	door     doors.Door // that the request comes by
	platform *adplatform.Platform
	request  adplatform.Request
	code     string
	data     []byte // of the master
}

// env is a system whose functions reach the services through fronts.
type env struct {
	*scenariotest.Env
	s3, dynamodb, sqs *front

	// busy has a place for each case that works. Cases wait more than they work, but a machine with
	// too many of them is silent for longer than a service may be.
	busy chan struct{}
	// looking is held by the one case that looks whether index has ended with its master.
	looking sync.Mutex
}

// silence is how long a service may be silent. A busy machine is that for seconds, which
// would be a fault more than a case tells of.
const silence = 8 * time.Second

func newEnv(t *testing.T) *env {
	t.Helper()
	e := &env{s3: newFront(t, ofS3), dynamodb: newFront(t, ofDynamoDB), sqs: newFront(t, ofSQS), busy: make(chan struct{}, 20)}
	// A library that a case takes for not indexed whole must stay so: index looks after none.
	e.Env = scenariotest.Start(t, system.Config{Concurrency: 256, LookAfter: time.Hour, Environment: map[string]string{
		names.EndpointS3: e.s3.URL(), names.EndpointDynamoDB: e.dynamodb.URL(), names.EndpointSQS: e.sqs.URL(),
		names.IdleTimeout: silence.String(),
	}})
	e.s3.to(t, e.S3)
	e.dynamodb.to(t, e.DynamoDB)
	e.sqs.to(t, e.SQS)
	return e
}

// Whatever goes wrong: nothing is lost, nothing doubled, and nothing said that is not so.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	t.Run("one at a time", func(t *testing.T) {
		t.Parallel()
		e := newEnv(t)
		url, queue := []doors.Door{""}, []doors.Door{doors.Queue}
		for _, v := range []visit{{url, faults()}, {url, ofQueue()}, {url, timeouts()}, {queue, faults()}} {
			for _, test := range v.tests {
				t.Run(v.name()+"/"+test.name, func(t *testing.T) {
					t.Parallel()
					e.suffer(t, test, v.by...)
				})
			}
		}
	})
	both := []doors.Door{"", doors.Queue}
	for name, visits := range map[string][]visit{ // these hit all requests of a system: one after the other
		"outages":  {{both, outages()}, {[]doors.Door{doors.Bucket}, ofStoredEvent()}},
		"absences": {{both, absences()}, {both[:1], listings()}, {both[1:], listings()}},
		"doubts":   {{both, doubts()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.comesAgain(t)
			for _, v := range visits {
				for _, test := range v.tests {
					t.Run(v.name()+"/"+test.name, func(t *testing.T) { e.suffer(t, test, v.by...) })
				}
			}
		})
	}
}

// visit is a table, and the doors that a request for each of its cases comes by.
type visit struct {
	by    []doors.Door
	tests []trouble
}

// name returns the doors' names.
func (v visit) name() string {
	var names []string
	for _, door := range v.by {
		names = append(names, scenariotest.DoorName(door))
	}
	return strings.Join(names, "+")
}

// comesAgain lets a message of the door's queue come again after ten seconds where receive cannot
// say when it must.
func (e *env) comesAgain(t *testing.T) {
	_, err := e.Clients().SQS().SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &e.DoorQueueURL, Attributes: map[string]string{"VisibilityTimeout": "10"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// master puts a creative's master in. It waits until the library's summary lists the creative and
// index has ended with all of its events: each may have the document read once more, and would meet
// its faults.
func (e *env) master(t *testing.T, code string, size int) (data []byte) {
	e.busy <- struct{}{}
	data = scenariotest.Film(t, size)
	key := scenariotest.StoryKey(code)
	etag := e.Put(t, key, data)
	<-e.busy
	e.looking.Lock()
	defer e.looking.Unlock()
	e.Known(t, scenariotest.Of(code), key, etag)
	events := sqsqueue.Backlog{Client: e.Clients().SQS(), Queues: []string{e.IndexQueueURL}}
	scenariotest.Eventually(t, "index has ended with "+code, func(ctx context.Context) bool {
		waiting, err := events.Waiting(ctx)
		if err != nil || waiting != 0 {
			return false
		}
		s, _, err := summary.Load(ctx, e.Index.Blobs, e.Library)
		return err == nil && slices.ContainsFunc(s.Entries, func(entry summary.Entry) bool { return entry.Document.Code == code })
	})
	return data
}

// suffer takes requests through one trouble to their ends, one by each door, all at once.
func (e *env) suffer(t *testing.T, test trouble, by ...doors.Door) {
	scenes := make([]*scene, len(by))
	for i, door := range by {
		scenes[i] = e.scene(t, test, door)
	}
	if !test.long {
		e.busy <- struct{}{}
		defer func() { <-e.busy }()
	}
	for _, c := range scenes {
		test.cause(t, c)
	}
	sent := make([]<-chan gateway.Result, len(by))
	for i, c := range scenes {
		sent[i] = c.sending(t)
	}
	answers := make([]string, len(by))
	for i, c := range scenes {
		answers[i] = c.answer(t, <-sent[i])
	}
	if test.heal != nil {
		for _, c := range scenes {
			c.undecided(t)
			if test.tried {
				c.triedAgain(t)
			}
		}
		for _, c := range scenes {
			test.heal(t, c)
		}
	}
	for i, c := range scenes {
		c.ends(t, test, answers[i])
	}
}

// scene prepares a request that comes by a door.
func (e *env) scene(t *testing.T, test trouble, door doors.Door) *scene {
	c := &scene{env: e, door: door, platform: e.Platform, code: scenariotest.NewCode()}
	if test.own != nil {
		c.platform = e.NewPlatform(t, adplatform.Config{Waitpoints: *test.own, Now: ahead(test.skew)})
	}
	if test.size > 0 {
		c.data = e.master(t, c.code, test.size)
	}
	c.request = e.Request(t, c.platform, scenariotest.Story(c.code))
	return c
}

// ends holds the end of a request, whose first answer is known, against the table.
func (c *scene) ends(t *testing.T, test trouble, answers string) {
	got := outcome{answers: answers}
	if strings.HasPrefix(got.answers, "5") { // the gateway asks again
		got.answers += ", " + c.answer(t, <-c.sending(t))
	}
	item := c.Ended(t, c.request)
	if c.door != "" {
		c.LeftQueue(t, c.request, 1)
	}
	got.ledger = strings.TrimSpace(string(item.State) + " " + item.Code)
	if item.Unconfirmed {
		got.ledger += " (unconfirmed)"
	}
	got.puts = c.platform.Storage.Writes(c.request.StorageKey).Puts
	got.callbacks = len(c.callbacks(t))
	if !slices.ContainsFunc(append(test.or, test.want), func(o outcome) bool { return o.by(c.door) == got }) {
		t.Errorf("by %s: got  %+v\nwant %+v or %+v\nledger %+v", scenariotest.DoorName(c.door), got, test.want, test.or, item)
	}
	c.audit(t, item)
}

// ahead is a clock.
func ahead(skew time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(skew) }
}

// by returns the outcome of a request that came by a door.
func (o outcome) by(door doors.Door) outcome {
	if door != "" {
		o.answers = ""
	}
	return o
}

// sending sends the request and returns the channel of its answer.
func (c *scene) sending(t *testing.T) <-chan gateway.Result {
	answer := make(chan gateway.Result, 1)
	go func() { answer <- c.SendThrough(t.Context(), c.door, c.request.Event()) }()
	return answer
}

// answer returns an answer in short. By a queue there is none: there the message may have left its
// queue only if the request has ended.
func (c *scene) answer(t *testing.T, result gateway.Result) string {
	t.Helper()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if c.door != "" {
		if result.Status == 200 && !c.Item(t, c.request).State.Ended() {
			t.Errorf("the message is gone (%s), and the request is open", result.Body)
		}
		return ""
	}
	return fmt.Sprint(result.Status, " ", strings.TrimSuffix(strings.TrimPrefix(string(result.Body), `{"outcome":"`), `"}`))
}

// undecided holds that no skip has gone out while nothing could be known.
func (c *scene) undecided(t *testing.T) {
	t.Helper()
	for _, body := range c.callbacks(t) {
		if bytes.Contains(body, []byte(`"skip"`)) {
			t.Error("skipped while that could not be known")
		}
	}
}

// callbacks returns the bodies that the platform took.
func (c *scene) callbacks(t *testing.T) [][]byte {
	t.Helper()
	token, err := c.platform.Waitpoints.Token(c.request.Token)
	if err != nil {
		t.Fatal(err)
	}
	return token.Received
}

// audit holds what the platform has against what the ledger says.
func (c *scene) audit(t *testing.T, item ledger.Item) {
	t.Helper()
	if n := c.platform.Storage.Writes(c.request.StorageKey).Concurrent; n > 1 {
		t.Errorf("%d uploads wrote at a time", n)
	}
	ours := slices.DeleteFunc(c.callbacks(t), func(body []byte) bool { return bytes.Equal(body, foreign) })
	if len(slices.CompactFunc(ours, bytes.Equal)) > 1 {
		t.Errorf("callbacks differ: %s", ours)
	}
	if item.State != ledger.Delivered {
		return
	}
	object, err := c.platform.Storage.Object(t.Context(), c.request.StorageKey)
	if err != nil || object.SHA256 != sha256.Sum256(c.data) || item.SHA256 != fmt.Sprintf("%x", object.SHA256) {
		t.Errorf("not the master's bytes: %v", err)
	}
}
