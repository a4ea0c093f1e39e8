// Package faults_test lets everything around masterhand go wrong, one thing at a time,
// and holds what comes of it against a table: what the gateway is answered, how the
// ledger says that it ended, how many uploads and callbacks there were.
//
// It runs the real system: the functions reach S3, DynamoDB and SQS through proxies that
// spoil their exchanges, and the platform spoils those with itself.
package faults_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/kit/names"
	"masterhand/shared/request/ledger"
)

var update = flag.Bool("update", false, "write testdata/matrix.txt anew")

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
	*stage
	platform *adplatform.Platform
	request  adplatform.Request
	code     string
	data     []byte // of the master
}

// stage is a system whose functions reach the services through fronts.
type stage struct {
	*scenariotest.Env
	s3, dynamodb, sqs *front
}

// silence is how long a service may be silent. A busy machine is that for seconds, which
// would be a fault more than a case tells of.
const silence = 8 * time.Second

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{s3: newFront(t, ofS3), dynamodb: newFront(t, ofDynamoDB), sqs: newFront(t, ofSQS)}
	s.Env = scenariotest.Start(t, system.Config{Concurrency: 256, Environment: map[string]string{
		names.EndpointS3: s.s3.URL(), names.EndpointDynamoDB: s.dynamodb.URL(), names.EndpointSQS: s.sqs.URL(),
		names.IdleTimeout: silence.String(),
	}})
	s.s3.to(t, s.S3)
	s.dynamodb.to(t, s.DynamoDB)
	s.sqs.to(t, s.SQS)
	return s
}

// Whatever goes wrong: nothing is lost, nothing doubled, and nothing said that is not so.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	table := &table{got: map[string]outcome{}}
	t.Run("faults", func(t *testing.T) { // returns when all of them have
		t.Run("one at a time", func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			for _, test := range faults() {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					table.add(test.name, s.suffer(t, test))
				})
			}
		})
		for name, tests := range map[string][]trouble{"outages": outages(), "doubts": doubts()} {
			t.Run(name, func(t *testing.T) { // these hit all requests: one after the other
				t.Parallel()
				s := newStage(t)
				for _, test := range tests {
					t.Run(test.name, func(t *testing.T) { table.add(test.name, s.suffer(t, test)) })
				}
			})
		}
	})
	table.compare(t, slices.Concat(faults(), outages(), doubts()))
}

// suffer takes one request through its trouble to its end.
func (s *stage) suffer(t *testing.T, test trouble) outcome {
	c := &scene{stage: s, platform: s.Platform, code: scenariotest.NewCode()}
	if test.own != nil {
		c.platform = s.NewPlatform(t, *test.own, ahead(test.skew))
	}
	if test.size > 0 {
		c.data = s.Master(t, c.code, test.size)
	}
	c.request = s.Request(t, c.platform, scenariotest.Story(c.code))
	test.cause(t, c)
	got := outcome{answers: c.ask(t)}
	if test.heal != nil {
		for _, body := range scenariotest.Callbacks(t, c.platform, c.request) {
			if bytes.Contains(body, []byte(`"skip"`)) {
				t.Error("skipped while that could not be known")
			}
		}
		test.heal(t, c)
		if strings.HasPrefix(got.answers, "5") {
			got.answers += ", " + c.ask(t)
		}
	}
	item := s.Ended(t, c.request)
	got.ledger = strings.TrimSpace(string(item.State) + " " + item.Code)
	if item.Unconfirmed {
		got.ledger += " (unconfirmed)"
	}
	got.puts = c.platform.Storage.Writes(c.request.StorageKey).Puts
	got.callbacks = len(scenariotest.Callbacks(t, c.platform, c.request))
	if got != test.want {
		t.Errorf("got  %+v\nwant %+v\nledger %+v", got, test.want, item)
	}
	c.audit(t, item)
	return got
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

// audit holds what the platform has against what the ledger says.
func (c *scene) audit(t *testing.T, item ledger.Item) {
	t.Helper()
	writes := c.platform.Storage.Writes(c.request.StorageKey)
	if writes.Concurrent > 1 {
		t.Errorf("%d uploads wrote at a time", writes.Concurrent)
	}
	var ours [][]byte
	for _, body := range scenariotest.Callbacks(t, c.platform, c.request) {
		if !bytes.Equal(body, foreign) {
			ours = append(ours, body)
		}
	}
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

// table gathers what came of each trouble.
type table struct {
	mu  sync.Mutex
	got map[string]outcome
}

func (r *table) add(name string, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got[name] = o
}

// compare prints the table and holds it against the one in testdata.
func (r *table) compare(t *testing.T, tests []trouble) {
	var text strings.Builder
	line := func(columns ...any) { fmt.Fprintf(&text, "%-54s | %-32s | %-44s | %4v | %9v\n", columns...) }
	line("fault", "gateway's answers", "ledger", "PUTs", "callbacks")
	for _, test := range tests {
		got, ran := r.got[test.name]
		if !ran {
			t.Skip("not all of it ran")
		}
		line(test.name, got.answers, got.ledger, got.puts, got.callbacks)
	}
	t.Logf("%d faults:\n%s", len(tests), text.String())
	golden := filepath.Join("testdata", "matrix.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != text.String() {
		t.Errorf("differs from %s (%v): run the test with -update", golden, err)
	}
}
