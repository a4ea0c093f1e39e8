// Package faults_test lets everything around masterhand go wrong, one thing at a time,
// and holds what comes of it against a table: what the gateway is answered, how the
// ledger says that it ended, how many uploads and callbacks there were.
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
	"testing"
	"time"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/ledger"
)

// TestMain lets many cases run at a time: they wait more than they work.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "20"); err != nil {
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
	cause func(t *testing.T, c *scene)
	// heal ends the trouble once the request was answered; nil: it ends by itself.
	heal func(t *testing.T, c *scene)
	want outcome
	// or are other ways to the same end, between which timing decides.
	or []outcome
}

// outcome is what came of a request.
type outcome struct {
	answers   string // the gateway's, in order
	ledger    string // state and code
	puts      int    // uploads begun
	callbacks int    // that the platform took
}

// scene is a request in trouble, and where.
type scene struct {
	*env
	platform *adplatform.Platform
	request  adplatform.Request
	code     string
	data     []byte // of the master
}

// env is a system whose functions reach the services through fronts.
type env struct {
	*scenariotest.Env
	s3, dynamodb, sqs *front
}

// silence is how long a service may be silent. A busy machine is that for seconds, which
// would be a fault more than a case tells of.
const silence = 8 * time.Second

func newEnv(t *testing.T) *env {
	t.Helper()
	e := &env{s3: newFront(t, ofS3), dynamodb: newFront(t, ofDynamoDB), sqs: newFront(t, ofSQS)}
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
		for _, test := range faults() {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				e.suffer(t, test)
			})
		}
	})
	for name, tests := range map[string][]trouble{"outages": outages(), "absences": absences()} {
		t.Run(name, func(t *testing.T) { // these hit all requests: one after the other
			t.Parallel()
			e := newEnv(t)
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) { e.suffer(t, test) })
			}
		})
	}
}

// summarized waits until the library's summary lists the creative, and index has ended with all
// of its events: each may have the document read once more.
func (e *env) summarized(t *testing.T, code string) {
	events := sqsqueue.Backlog{Client: e.Clients().SQS(), Queues: []string{e.IndexQueueURL}}
	scenariotest.Eventually(t, "index has ended with "+code, func(ctx context.Context) bool {
		s, _, err := summary.Load(ctx, e.Index.Blobs, e.Library)
		listed := slices.ContainsFunc(s.Entries, func(entry summary.Entry) bool { return entry.Document.Code == code })
		waiting, unknown := events.Waiting(ctx)
		return err == nil && listed && unknown == nil && waiting == 0
	})
}

// suffer takes one request through its trouble to its end.
func (e *env) suffer(t *testing.T, test trouble) {
	c := &scene{env: e, platform: e.Platform, code: scenariotest.NewCode()}
	if test.own != nil {
		c.platform = e.NewPlatform(t, adplatform.Config{Waitpoints: *test.own, Now: ahead(test.skew)})
	}
	if test.size > 0 {
		c.data = e.Master(t, c.code, test.size)
		e.summarized(t, c.code) // which reads the creative's document, and would meet its faults
	}
	c.request = e.Request(t, c.platform, scenariotest.Story(c.code))
	test.cause(t, c)
	got := outcome{answers: c.ask(t)}
	if test.heal != nil {
		for _, body := range c.callbacks(t) {
			if bytes.Contains(body, []byte(`"skip"`)) {
				t.Error("skipped while that could not be known")
			}
		}
		test.heal(t, c)
	}
	if strings.HasPrefix(got.answers, "5") { // the gateway asks again
		got.answers += ", " + c.ask(t)
	}
	item := e.Ended(t, c.request)
	got.ledger = strings.TrimSpace(string(item.State) + " " + item.Code)
	if item.Unconfirmed {
		got.ledger += " (unconfirmed)"
	}
	got.puts = c.platform.Storage.Writes(c.request.StorageKey).Puts
	got.callbacks = len(c.callbacks(t))
	if got != test.want && !slices.Contains(test.or, got) {
		t.Errorf("got  %+v\nwant %+v or %+v\nledger %+v", got, test.want, test.or, item)
	}
	c.audit(t, item)
}

// ahead is a clock.
func ahead(skew time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(skew) }
}

// ask sends the request and returns the answer in short.
func (c *scene) ask(t *testing.T) string {
	t.Helper()
	result := c.Send(t, c.request.Event())
	return fmt.Sprint(result.Status, " ", strings.TrimSuffix(strings.TrimPrefix(string(result.Body), `{"outcome":"`), `"}`))
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
