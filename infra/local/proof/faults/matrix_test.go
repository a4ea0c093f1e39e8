// Package faults_test makes each service that masterhand uses fail in many ways, one fault at a
// time. It compares the result with a table: the answers to the gateway, the final state in the
// ledger, and the numbers of uploads and callbacks. A request that comes through a queue gets no
// answer, but must have the same ledger state and numbers.
//
// The package runs the real system. The functions reach S3, DynamoDB and SQS through proxies that
// cause the faults. The simulated platform causes the faults of its own storage and callbacks.
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

// TestMain runs all cases in parallel, because cases mostly wait. The field busy of env limits the
// number of cases that work at the same time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "1000"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// trouble is a case of the table: one or more faults that a request meets, and the expected
// outcome.
type trouble struct {
	name  string
	size  int                // minimum size of the master in bytes; 0: no master exists, so the request is skipped
	own   *waitpoints.Config // configuration of a separate platform for the request; nil means the shared platform
	skew  time.Duration      // time by which the separate platform's clock is ahead of masterhand's clock
	long  bool               // whether the case waits for half a minute or more; env.busy does not limit such cases
	cause func(t *testing.T, c *scene)
	// If heal is nil, the fault ends by itself. Otherwise the test calls heal, which ends the
	// fault, after the request was answered. If tried is true, the test calls heal only after a
	// second run has failed, too.
	tried bool
	heal  func(t *testing.T, c *scene)
	want  outcome
	// or lists the outcomes that are also valid. Which one occurs depends on timing.
	or []outcome
}

// outcome is the result of a request.
type outcome struct {
	answers   string // answers to the gateway, in order; "" if the request came through a queue
	ledger    string // state and error code of the ledger item
	puts      int    // number of uploads that were begun
	callbacks int    // number of callbacks that the waitpoint received, even if it answered 409 or 410
}

// scene is one request that meets a fault, with its door, platform and master.
type scene struct {
	*env
	door     doors.Door // the door that the request arrives through
	platform *adplatform.Platform
	request  adplatform.Request
	code     string
	data     []byte // bytes of the master; nil if there is none
}

// env is a system whose functions reach each service through a front, a proxy that causes faults.
type env struct {
	*scenariotest.Env
	s3, dynamodb, sqs *front

	// busy limits the number of cases that work at the same time. With too many of them, a service
	// could be so slow that its client gives up (after the constant silence).
	busy chan struct{}
	// looking is locked while a case waits until the function index has processed the case's
	// master.
	looking sync.Mutex
}

// silence is the time for which a service may send nothing before its client gives up. It is long,
// because a service on a busy machine may send nothing for seconds although no fault is set.
const silence = 8 * time.Second

func newEnv(t *testing.T) *env {
	t.Helper()
	e := &env{s3: newFront(t, ofS3), dynamodb: newFront(t, ofDynamoDB), sqs: newFront(t, ofSQS), busy: make(chan struct{}, 20)}
	// Some cases mark the library as incompletely indexed. A check of the libraries would start a
	// reindex, which removes this mark, so the interval LookAfter is longer than the tests.
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
	// Each of these faults affects all requests of a system, so the cases run one after the other.
	for name, visits := range map[string][]visit{
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

// visit is a list of cases, with the doors through which each case sends its requests.
type visit struct {
	by    []doors.Door
	tests []trouble
}

// name returns the names of the doors, joined with "+". It is a part of a subtest's name.
func (v visit) name() string {
	var names []string
	for _, door := range v.by {
		names = append(names, scenariotest.DoorName(door))
	}
	return strings.Join(names, "+")
}

// comesAgain sets the visibility timeout of the queue for events to ten seconds. The queue then
// delivers a message again after ten seconds, even if the function receive cannot set the delay.
func (e *env) comesAgain(t *testing.T) {
	_, err := e.Clients().SQS().SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: &e.DoorQueueURL, Attributes: map[string]string{"VisibilityTimeout": "10"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// master uploads a creative's master. It waits until the library's summary lists the creative and
// the function index has processed all events of the upload. Otherwise that function could meet the
// faults that are meant for the request, because both read the index document.
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

// suffer applies a fault to one request per door. It sends the requests at the same time, and
// waits until each request has ended.
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

// scene prepares a case for one door. It uploads the master, if there is one, and makes the
// request.
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

// ends waits until the request has ended and compares the result with the expected outcomes. The
// parameter answers is the first answer to the request.
func (c *scene) ends(t *testing.T, test trouble, answers string) {
	got := outcome{answers: answers}
	if strings.HasPrefix(got.answers, "5") { // after a status 5xx, the gateway sends the request again
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

// ahead returns a clock that is ahead of this machine's clock by skew.
func ahead(skew time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(skew) }
}

// by returns the outcome that is expected of a request through a door. Only the function URL
// answers, so for other doors the field answers is empty.
func (o outcome) by(door doors.Door) outcome {
	if door != "" {
		o.answers = ""
	}
	return o
}

// sending sends the request in the background and returns a channel for the answer.
func (c *scene) sending(t *testing.T) <-chan gateway.Result {
	answer := make(chan gateway.Result, 1)
	go func() { answer <- c.SendThrough(t.Context(), c.door, c.request.Event()) }()
	return answer
}

// answer returns the status and the outcome of the function URL's answer as a text. Other doors
// give no answer, so for them it returns "". For them it fails the test if the message has left
// the queue before the request ended.
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

// undecided checks that no skip was sent. It is called while the system cannot know whether the
// master exists.
func (c *scene) undecided(t *testing.T) {
	t.Helper()
	for _, body := range c.callbacks(t) {
		if bytes.Contains(body, []byte(`"skip"`)) {
			t.Error("skipped while that could not be known")
		}
	}
}

// callbacks returns the bodies of the callbacks that the waitpoint of the request received.
func (c *scene) callbacks(t *testing.T) [][]byte {
	t.Helper()
	token, err := c.platform.Waitpoints.Token(c.request.Token)
	if err != nil {
		t.Fatal(err)
	}
	return token.Received
}

// audit checks that the delivered object and the callbacks agree with the ledger item.
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
