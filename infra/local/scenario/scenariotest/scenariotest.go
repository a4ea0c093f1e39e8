// Package scenariotest runs a complete system for tests. It offers the functions of package
// scenario, but ends the test on an error instead of returning the error.
//
// Invariants: a system of a single test ends with the test; all creatives are different, so that
// tests on one system do not affect each other.
//
//	e := scenariotest.Start(t, system.Config{})
//	code := scenariotest.NewCode()
//	film := e.Master(t, code, 1<<20)
//	request := e.Request(t, e.Platform, scenariotest.Story(code))
//	answer := e.Send(t, request.Event())
package scenariotest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/ledger"
)

// closing limits the time in which a system must stop. patience limits the wait for a condition; it
// is long, because work that takes seconds can take minutes on a busy machine.
const (
	closing  = 30 * time.Second
	patience = 3 * time.Minute
)

// Env is a running system with the simulated platform and senders that use it.
type Env struct {
	*scenario.Env
	received *receipts
}

// Start starts a system, which is stopped when the test ends. It sets the fields Programs and Root
// of the configuration. If the npm packages are missing, it skips the test; in CI it fails the
// test.
func Start(t *testing.T, c system.Config) *Env {
	t.Helper()
	return StartIn(t, t.TempDir(), c)
}

// StartIn does the same as Start, but stores the system's data in the given folder. The data stays
// in the folder after the test, so that another system can be started with it.
func StartIn(t *testing.T, folder string, c system.Config) *Env {
	t.Helper()
	e, err := open(servicestest.Root(t), folder, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.end(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the end of the log:\n%s", e.printed())
		}
	})
	return e
}

// Shared is a system that all tests of a package share. The first call of Open starts it.
type Shared struct {
	Config system.Config
	Ending func(*Env) error // called after all tests to check the system; may be nil

	once   sync.Once
	env    *Env
	folder string
	err    error
}

// Open returns the shared system. If the npm packages are missing, it skips the test; in CI it
// fails the test.
func (s *Shared) Open(t *testing.T) *Env {
	t.Helper()
	root := servicestest.Root(t)
	s.once.Do(func() {
		if s.folder, s.err = os.MkdirTemp("", "masterhand-test-"); s.err == nil {
			s.env, s.err = open(root, s.folder, s.Config)
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.env
}

// Run runs the tests of a package, stops the shared system and returns the exit code for TestMain.
func (s *Shared) Run(m *testing.M) int {
	code := m.Run()
	defer os.RemoveAll(s.folder)
	if s.env == nil {
		return code
	}
	var err error
	if s.Ending != nil {
		err = s.Ending(s.env)
	}
	if err = errors.Join(err, s.env.end()); err != nil {
		fmt.Fprintln(os.Stderr, "after all tests:", err)
		return 1
	}
	return code
}

// built builds the programs of the functions once for all tests of a process.
var built = sync.OnceValues(func() (system.Programs, error) {
	root, err := system.Root()
	if err != nil {
		return system.Programs{}, err
	}
	return system.Build(context.Background(), root, io.Discard)
})

func open(root, folder string, c system.Config) (_ *Env, err error) {
	c.Root = root
	if c.Programs, err = built(); err != nil {
		return nil, err
	}
	e, err := scenario.Start(context.Background(), folder, c)
	if err != nil {
		return nil, err
	}
	return &Env{e, &receipts{path: e.Log.Name()}}, nil
}

func (e *Env) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	return e.Close(ctx)
}

// maxLog is the number of bytes at the end of a log that are printed after a failed test.
const maxLog = 16 << 10

func (e *Env) printed() string {
	text, err := os.ReadFile(e.Log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-maxLog):])
}

var codes atomic.Int64

// NewCode returns a new code for a creative, so that tests never share a creative. No code is the
// beginning of another code.
func NewCode() string { return fmt.Sprintf("CR-%04d", codes.Add(1)) }

// Story returns the slot of the upright English video of variation 1 of a creative.
func Story(code string) adplatform.Slot {
	return adplatform.Slot{Code: code, Variation: 1, Locale: "en", Kind: "video", Aspect: "9x16"}
}

// StoryKey returns the key of the master for the slot that Story returns.
func StoryKey(code string) string { return code + "/v1/en/9x16.mp4" }

// Of returns the creative of the slot that Story returns.
func Of(code string) creative.Creative { return creative.Creative{Code: code, Variation: 1} }

// Film returns an upright video of at least size bytes. Each call returns different bytes.
func Film(t testing.TB, size int) []byte {
	t.Helper()
	film, err := scenario.Film(size)
	if err != nil {
		t.Fatal(err)
	}
	return film
}

// Put writes a master without labels to the masters bucket and returns its ETag.
func (e *Env) Put(t *testing.T, key string, data []byte) (etag string) {
	t.Helper()
	return e.PutLabelled(t, key, data, masters.Labels{})
}

// PutLabelled writes a master with labels to the masters bucket and returns its ETag.
func (e *Env) PutLabelled(t *testing.T, key string, data []byte, labels masters.Labels) (etag string) {
	t.Helper()
	etag, err := e.Masters.Put(t.Context(), key, data, labels)
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

// Known waits until the index document of a creative lists the key with this ETag. If etag is "",
// it waits until the document does not list the key.
func (e *Env) Known(t *testing.T, c creative.Creative, key, etag string) {
	t.Helper()
	within(t, func(ctx context.Context) error { return e.Masters.Listed(ctx, c, key, etag) })
}

// Master writes an upright video of at least size bytes for a creative, and waits until the video
// is indexed.
func (e *Env) Master(t *testing.T, code string, size int) (data []byte) {
	t.Helper()
	data = Film(t, size)
	e.Known(t, Of(code), StoryKey(code), e.Put(t, StoryKey(code), data))
	return data
}

// NewPlatform opens another simulated platform, which stores uploads in the S3 of the system.
// Faults of the new platform affect no other platform.
func (e *Env) NewPlatform(t *testing.T, c adplatform.Config) *adplatform.Platform {
	t.Helper()
	p, err := scenario.OpenPlatform(t.Context(), e.Services, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Request makes a request of a platform, with a new storage key.
func (e *Env) Request(t *testing.T, p *adplatform.Platform, slot adplatform.Slot) adplatform.Request {
	t.Helper()
	request, err := e.NewRequest(p, slot, adplatform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// Send sends an event to the function URL and returns the answer.
func (e *Env) Send(t *testing.T, event gateway.Event) gateway.Result {
	t.Helper()
	result := e.Gateway.Send(t.Context(), event)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return result
}

// Answers checks the status and the outcome of the answer to a webhook.
func Answers(t *testing.T, got gateway.Result, status int, outcome string) {
	t.Helper()
	if want := `{"outcome":"` + outcome + `"}`; got.Err != nil || got.Status != status || string(got.Body) != want {
		t.Errorf("answer %d %s (%v), want %d %s", got.Status, got.Body, got.Err, status, want)
	}
}

// Item returns the ledger item of a request. It ends the test if there is none.
func (e *Env) Item(t *testing.T, request adplatform.Request) ledger.Item {
	t.Helper()
	item, err := e.Ledger.Load(t.Context(), scenario.LedgerID(request))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Ended waits until a request is settled and returns its ledger item.
func (e *Env) Ended(t *testing.T, request adplatform.Request) (item ledger.Item) {
	t.Helper()
	within(t, func(ctx context.Context) (err error) {
		item, err = scenario.Ended(ctx, e.Ledger, request)
		return err
	})
	return item
}

// Look returns the results of a platform's request at the platform and in the ledger.
func (e *Env) Look(t *testing.T, p *adplatform.Platform, request adplatform.Request) scenario.Seen {
	t.Helper()
	seen, err := scenario.Look(t.Context(), p, e.Ledger, request)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// Delivered checks that a request ended with the delivery of exactly the bytes in data. Several
// uploads are allowed. It returns the results of the request.
func (e *Env) Delivered(t *testing.T, p *adplatform.Platform, request adplatform.Request, data []byte) scenario.Seen {
	t.Helper()
	seen := e.Look(t, p, request)
	Report(t, seen.Delivered(scenario.Is(sha256.Sum256(data))))
	return seen
}

// Report fails the test if there are problems, and prints each of them.
func Report(t *testing.T, problems scenario.Problems) {
	t.Helper()
	for _, problem := range problems {
		t.Error(problem)
	}
}

// Eventually calls the function holds repeatedly until it returns true. It ends the test if holds
// does not return true in time. The parameter what describes the condition in the error message.
func Eventually(t *testing.T, what string, holds func(context.Context) bool) {
	t.Helper()
	within(t, func(ctx context.Context) error {
		return scenario.Await(ctx, what, func(ctx context.Context) (bool, error) { return holds(ctx), nil })
	})
}

func within(t *testing.T, wait func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait(ctx); err != nil {
		t.Fatal(err)
	}
}
