package system_test

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/cdn"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/signature"
)

// env is a running system with the simulated platform and senders that use it. It also holds the
// credentials and the answers, which are checked after the tests.
type env struct {
	*scenariotest.Env
	host        *cdn.Host // server of the files that senders announce
	credentials *credentials
	door        doors.Door // the door that the methods send and sending use; "" is the function URL
}

// shared is the system that most tests share. Each test uses its own creatives. The system may
// start more execution environments than the tests send concurrent requests, so it never answers
// 429.
var shared = scenariotest.Shared{Config: system.Config{Concurrency: 256}, Ending: func(*scenariotest.Env) error {
	return errors.Join(append(sharedEnv.leaks(context.Background()), sharedEnv.unsaid(context.Background())...)...)
}}

var (
	sharedEnv  *env
	sharedOnce sync.Once
)

// TestMain runs 24 tests in parallel, because tests mostly wait. After all tests it searches for
// visible credentials and for missing log lines.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil {
		panic(err)
	}
	os.Exit(shared.Run(m))
}

// running returns the shared system and starts it on first use.
func running(t *testing.T) *env {
	t.Helper()
	e := shared.Open(t)
	sharedOnce.Do(func() { sharedEnv = newEnv(t, e) })
	return sharedEnv
}

// alone returns a system that only this test uses.
func alone(t *testing.T, c system.Config) *env {
	t.Helper()
	e := newEnv(t, scenariotest.Start(t, c))
	t.Cleanup(func() {
		e.host.Close()
		for _, problem := range e.leaks(context.Background()) {
			t.Error(problem)
		}
	})
	return e
}

func newEnv(t *testing.T, running *scenariotest.Env) *env {
	t.Helper()
	host, err := cdn.Open()
	if err != nil {
		t.Fatal(err)
	}
	e := &env{Env: running, host: host, credentials: &credentials{}}
	e.credentials.add(scenario.Secret, scenario.StampedSecret, scenario.StandardSecret, e.SecretKey)
	for _, known := range e.Tokens {
		e.credentials.add(known.Tokens...)
	}
	return e
}

// Short names of functions from package scenariotest. A story is an upright video; story returns
// the slot of a creative's story, and storyKey the key of the master.
var (
	newCode    = scenariotest.NewCode
	story      = scenariotest.Story
	storyKey   = scenariotest.StoryKey
	of         = scenariotest.Of
	film       = scenariotest.Film
	eventually = scenariotest.Eventually
	wantAnswer = scenariotest.Answers
)

// square is the key of a sample film of 480x480 pixels.
const square = "HRT-1212/v2/en/1x1.mp4"

// sample returns the sample master with the given key.
func sample(t testing.TB, key string) []byte {
	t.Helper()
	data, err := scenario.Sample(key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tagged returns the labels of an object that has these tags.
func tagged(tags map[string]string) masters.Labels { return masters.Labels{Tags: tags} }

func mustKey(scheme signature.Scheme, secret string) signature.Key {
	key, err := signature.NewKey(scheme, secret)
	if err != nil {
		panic(err) // only a mistake in the test itself can cause this error
	}
	return key
}

// request makes a request of the system's default platform, with a new storage key.
func (e *env) request(t *testing.T, slot adplatform.Slot, options adplatform.Options) adplatform.Request {
	t.Helper()
	return e.requestOf(t, e.Platform, slot, options)
}

func (e *env) requestOf(t *testing.T, p *adplatform.Platform, slot adplatform.Slot, options adplatform.Options) adplatform.Request {
	t.Helper()
	request, err := e.NewRequest(p, slot, options)
	if err != nil {
		t.Fatal(err)
	}
	e.credentials.add(request.UploadURL.Query().Get("X-Amz-Signature"), request.Token)
	return request
}

// send sends an event through the door of e and returns the answer.
func (e *env) send(t *testing.T, event gateway.Event) gateway.Result {
	t.Helper()
	return e.heard(t, e.SendThrough(t.Context(), e.door, event))
}

func (e *env) sendBy(t *testing.T, by *gateway.Gateway, event gateway.Event) gateway.Result {
	t.Helper()
	return e.heard(t, by.Send(t.Context(), event))
}

// sending sends an event in the background and returns a channel for the answer.
func (e *env) sending(t *testing.T, event gateway.Event) <-chan gateway.Result {
	answer := make(chan gateway.Result, 1)
	go func() { answer <- e.SendThrough(t.Context(), e.door, event) }()
	return answer
}

// heard stores an answer, because the answers are later searched for credentials. It fails the test
// if the event got no answer.
func (e *env) heard(t *testing.T, result gateway.Result) gateway.Result {
	t.Helper()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	e.credentials.hear(result.Body)
	return result
}

// ask makes a request for a slot, sends it and checks that the request ends with the outcome.
func (e *env) ask(t *testing.T, slot adplatform.Slot, outcome string) adplatform.Request {
	t.Helper()
	request := e.request(t, slot, adplatform.Options{})
	e.wantEnd(t, request, e.send(t, request.Event()), outcome)
	return request
}

// wantEnd checks the outcome of a request. If the answer is 202, the request was handed off, for
// example because other masters were being uploaded. wantEnd then waits until the request has
// ended.
func (e *env) wantEnd(t *testing.T, request adplatform.Request, answer gateway.Result, outcome string) {
	t.Helper()
	if answer.Status != http.StatusAccepted {
		wantAnswer(t, answer, http.StatusOK, outcome)
		return
	}
	wantAnswer(t, answer, http.StatusAccepted, "accepted")
	if item := e.Ended(t, request); string(item.State) != outcome {
		t.Errorf("the request ended as %s, %s: %s; want %s", item.State, item.Code, item.Detail, outcome)
	}
}

// look returns the results of a request at the platform and in the ledger.
func (e *env) look(t *testing.T, request adplatform.Request) scenario.Seen {
	t.Helper()
	return e.Look(t, e.Platform, request)
}

// wantDelivered checks that exactly these bytes were delivered, with one upload and one callback.
func (e *env) wantDelivered(t *testing.T, request adplatform.Request, data []byte) scenario.Seen {
	t.Helper()
	seen := e.wantThere(t, request, data)
	scenariotest.Report(t, seen.Once())
	return seen
}

// wantThere checks that exactly these bytes were delivered, with any number of uploads and
// callbacks.
func (e *env) wantThere(t *testing.T, request adplatform.Request, data []byte) scenario.Seen {
	t.Helper()
	return e.Delivered(t, e.Platform, request, data)
}

// wantNothingSent checks that the system has uploaded no byte and sent no callback for a request.
func (e *env) wantNothingSent(t *testing.T, request adplatform.Request) {
	t.Helper()
	scenariotest.Report(t, e.look(t, request).Untouched())
}

// wantUnknown checks that the ledger has no item of a request and the platform got nothing for it.
func (e *env) wantUnknown(t *testing.T, request adplatform.Request) {
	t.Helper()
	seen := e.look(t, request)
	scenariotest.Report(t, seen.Untouched())
	if seen.Item.ID != "" {
		t.Errorf("the ledger knows the request: %+v", seen.Item)
	}
}

// wantSkipped checks that a request was skipped with this reason, and that there was one callback.
func (e *env) wantSkipped(t *testing.T, request adplatform.Request, reason string) {
	t.Helper()
	seen := e.look(t, request)
	scenariotest.Report(t, append(seen.Skipped(reason), seen.Once()...))
}

// delete deletes a master. If version is not nil, it deletes only that version.
func (e *env) delete(t *testing.T, key string, version *string) {
	t.Helper()
	in := &s3.DeleteObjectInput{Bucket: new(services.MastersBucket), Key: &key, VersionId: version}
	if _, err := e.Clients().S3().DeleteObject(t.Context(), in); err != nil {
		t.Fatalf("deleting %s: %v", key, err)
	}
}

// unplaced waits until the function index has processed the object with this ETag and has recorded
// why the key belongs to no creative.
func (e *env) unplaced(t *testing.T, key, etag string) {
	t.Helper()
	eventually(t, "the index lists "+key+" as no master", func(ctx context.Context) bool {
		placed, _, err := e.Index.Placed(ctx, e.Library, key)
		if err != nil {
			t.Fatal(err)
		}
		return placed.ETag == etag && placed.Unplaced != ""
	})
}
