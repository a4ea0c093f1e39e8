// Package faults_test makes everything around masterhand fail, one thing at a time. It compares
// the result with a table: the gateway's answers, the end in the ledger, and the numbers of
// uploads and callbacks. A request through a queue gets no answer; the rest of the table applies
// to it, too.
//
// It runs the real system. The functions reach S3, DynamoDB and SQS through proxies that spoil
// exchanges, and the platform spoils the exchanges with itself.
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

// TestMain lets all cases wait at the same time. An env limits how many of them work.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "1000"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// trouble is one fault, or several at once, that a request meets.
type trouble struct {
	name  string
	size  int                // minimum size of the master in bytes; 0 means no master, so that a skip is due
	own   *waitpoints.Config // configures a separate platform for the request
	skew  time.Duration      // how far the clock of a separate platform is ahead
	long  bool               // the case waits for a time-out of half a minute or more, and does not count as busy
	cause func(t *testing.T, c *scene)
	// heal ends the fault after the request was answered; nil means that the fault ends by itself. If
	// tried is set, the request is first retried without success.
	tried bool
	heal  func(t *testing.T, c *scene)
	want  outcome
	// or lists other valid outcomes; timing decides between them.
	or []outcome
}

// outcome is the result of a request.
type outcome struct {
	answers   string // answers to the gateway, in order; "" through a queue
	ledger    string // state and code
	puts      int    // uploads begun
	callbacks int    // callbacks that the platform accepted
}

// scene is a request that meets a fault, with its surroundings.
type scene struct {
	*env
	door     doors.Door // the door that the request arrives through
	platform *adplatform.Platform
	request  adplatform.Request
	code     string
	data     []byte // bytes of the master
}

// env is a system whose functions reach the services through fronts.
type env struct {
	*scenariotest.Env
	s3, dynamodb, sqs *front

	// busy limits the number of working cases. Cases mostly wait, but with too many of them a busy
	// machine would exceed silence.
	busy chan struct{}
	// looking is locked by the case that checks whether index has processed its master.
	looking sync.Mutex
}

// silence is how long a service may be silent. A busy machine can be silent for seconds, which
// would be a fault that the case does not describe.
const silence = 8 * time.Second

func newEnv(t *testing.T) *env {
	t.Helper()
	e := &env{s3: newFront(t, ofS3), dynamodb: newFront(t, ofDynamoDB), sqs: newFront(t, ofSQS), busy: make(chan struct{}, 20)}
	// Some cases mark a library as incompletely indexed. It must stay so, so index must not check the
	// libraries.
	e.Env = scenariotest.Start(t, system.Config{Concurrency: 256, LookAfter: time.Hour, Environment: map[string]string{
		names.EndpointS3: e.s3.URL(), names.EndpointDynamoDB: e.dynamodb.URL(), names.EndpointSQS: e.sqs.URL(),
		names.IdleTimeout: silence.String(),
	}})
	e.s3.to(t, e.S3)
	e.dynamodb.to(t, e.DynamoDB)
	e.sqs.to(t, e.SQS)
	return e
}

// Under every fault, no request may be lost or processed twice, and no answer may be false.
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
	for name, visits := range map[string][]visit{ // these faults affect all requests of a system, so that they run one after the other
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

// visit is a table with the doors for the requests of its cases.
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

// comesAgain makes a message of the door's queue return after ten seconds if receive cannot set
// the delay.
func (e *env) comesAgain(t *testing.T) {
	_, err := e.Clients().SQS().SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &e.DoorQueueURL, Attributes: map[string]string{"VisibilityTimeout": "10"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// master uploads a creative's master. It waits until the library's summary lists the creative and
// index has processed all its events. A later event would read the document again and use up its
// faults.
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

// suffer sends a request through each door at once, applies one fault and waits for the requests'
// ends.
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

// scene prepares a request that arrives through a door.
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

// ends compares the end of a request with the table. answers is the first answer.
func (c *scene) ends(t *testing.T, test trouble, answers string) {
	got := outcome{answers: answers}
	if strings.HasPrefix(got.answers, "5") { // the gateway sends the request again
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

// ahead returns a clock that is ahead by skew.
func ahead(skew time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(skew) }
}

// by returns the outcome for a request through a door.
func (o outcome) by(door doors.Door) outcome {
	if door != "" {
		o.answers = ""
	}
	return o
}

// sending sends the request and returns a channel for its answer.
func (c *scene) sending(t *testing.T) <-chan gateway.Result {
	answer := make(chan gateway.Result, 1)
	go func() { answer <- c.SendThrough(t.Context(), c.door, c.request.Event()) }()
	return answer
}

// answer returns a short form of an answer. A queue gives no answer: its message may have left
// the queue only if the request has ended.
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

// undecided checks that no skip was sent while the master's existence was unknown.
func (c *scene) undecided(t *testing.T) {
	t.Helper()
	for _, body := range c.callbacks(t) {
		if bytes.Contains(body, []byte(`"skip"`)) {
			t.Error("skipped while that could not be known")
		}
	}
}

// callbacks returns the bodies that the platform accepted.
func (c *scene) callbacks(t *testing.T) [][]byte {
	t.Helper()
	token, err := c.platform.Waitpoints.Token(c.request.Token)
	if err != nil {
		t.Fatal(err)
	}
	return token.Received
}

// audit compares the platform's data with the ledger.
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
