package model_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/infra/bench/model"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/cdn"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/secret"
	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/summary"
)

// lag is the index lag in this test. The first try of the function finish must not yet be able to
// skip a request, as in AWS. So lag is longer than the time until that try plus the 5 s for which a
// try waits for the index.
const lag = 7500 * time.Millisecond

// counted is a local system that counts the calls of its functions to the services.
type counted struct {
	*scenariotest.Env
	counter *counter
	journal *journal
}

func newCounted(t *testing.T) counted {
	t.Helper()
	c := &counter{items: map[string]item{}}
	s3, dynamodb, sqs, secrets := c.front(t, c.s3), c.front(t, c.dynamodb), c.front(t, c.sqs), c.front(t, c.secrets)
	e := scenariotest.Start(t, system.Config{LookAfter: time.Hour, Environment: map[string]string{
		names.EndpointS3: s3.URL(), names.EndpointDynamoDB: dynamodb.URL(), names.EndpointSQS: sqs.URL(),
		names.EndpointSecretsManager: secrets.URL(), names.IndexLag: lag.String(),
		// the times for which deployed functions use a loaded secret
		names.DestinationsMaxAge: secret.DefaultMaxAge.String(), names.IntakeSecretMaxAge: secret.DefaultMaxAge.String(),
	}})
	s3.to(t, e.S3)
	dynamodb.to(t, e.DynamoDB)
	sqs.to(t, e.SQS)
	secrets.to(t, e.SecretsManager)
	return counted{e, c, &journal{}}
}

// The model must assume exactly the calls that the deployed functions make.
func TestCallsAreThoseThatFunctionsMake(t *testing.T) {
	t.Parallel()
	e := newCounted(t)
	e.upload(t, 1e5) // the calls of this upload are not compared: they also create the library's summary
	e.took(t, 1)
	for _, size := range []int{1e6, 40e6} {
		slot := e.upload(t, size)
		e.want(t, "upload", model.Upload())
		for _, first := range []bool{true, false} {
			request := e.request(t, slot)
			scenariotest.Answers(t, e.Send(t, request.Event()), http.StatusOK, "delivered")
			e.result(t, request, adplatform.Omitted{Aspect: !first}) // equal bytes would be the first result once more
			e.want(t, "delivery", model.Delivery(int64(size), first))
		}
	}
	e.announce(t, 20e6)
	e.want(t, "announcement", model.Announcement(20e6).Plus(model.Upload()))

	slot := scenariotest.Story(scenariotest.NewCode())
	early := e.hand(t, slot)
	e.put(t, slot.Code, 1e6)
	want := model.Awaited(4, 1e6).Plus(model.Upload())
	// The function model.Awaited counts two attempts: the one that hands off, and the one that
	// delivers. Each attempt between them found no master, because the index did not list the
	// master yet.
	for range e.Ended(t, early).Attempts - 2 {
		want = want.Plus(model.Retried())
	}
	e.indexed(t, slot.Code)
	e.result(t, early, adplatform.Omitted{})
	e.want(t, "request that comes before its master", want)

	missing := e.hand(t, scenariotest.Story(scenariotest.NewCode()))
	item := e.Ended(t, missing)
	if item.State != "skipped" {
		t.Errorf("the request without a master is %s", item.State)
	}
	waited := item.ReceivedAt.Add(lag).Sub(item.ClaimedAt) // the last run of finish waits until the index lag is over
	e.result(t, missing, adplatform.Omitted{})
	want = model.HandedOff(5).Plus(model.Skipped(5, max(waited.Seconds(), 0))).Plus(model.Resulted())
	for range item.Attempts - 2 {
		want = want.Plus(model.Retried())
	}
	e.want(t, "skip", want)

	e.grow(t, 30_000)
	e.hand(t, scenariotest.Story(scenariotest.NewCode()))
	e.want(t, "hand-off in a large library", model.HandedOff(30_000))
}

// want compares the calls that were made since it was last called with the calls that the model
// states. It allows a difference of 5 %. For a skip, it also allows one more or one fewer S3 read,
// because timing can cause such a difference.
func (e counted) want(t *testing.T, what string, want model.Calls) {
	t.Helper()
	got := e.took(t, want.Runs)
	// A run reads a secret only if its environment has not read it for a minute, so here most runs
	// read none.
	if got.Secrets > want.Secrets {
		t.Errorf("%s: %d reads of secrets counted, at most %d in the model", what, got.Secrets, want.Secrets)
	}
	for unit, pair := range map[string][2]float64{
		"S3 reads": {float64(got.S3Reads), float64(want.S3Reads)}, "S3 writes": {float64(got.S3Writes), float64(want.S3Writes)},
		"write units": {got.Writes, want.Writes}, "read units": {got.Reads, want.Reads},
		"write units of open requests": {got.Open, want.Open}, "write units of the day": {got.Day, want.Day},
		"calls of SQS": {float64(got.Queue), float64(want.Queue)},
		"runs":         {float64(got.Runs), float64(want.Runs)}, "messages": {float64(got.Messages), float64(want.Messages)},
	} {
		tolerated := 0.05 * pair[1]
		if unit == "S3 reads" && what == "skip" {
			tolerated = max(tolerated, 1)
		}
		if math.Abs(pair[0]-pair[1]) > tolerated {
			t.Errorf("%s: %g %s counted, %g in the model", what, pair[0], unit, pair[1])
		}
	}
}

// took returns the calls that were made since it was last called. It waits until the log has at least
// the given number of runs, because a function logs a run after its last call.
func (e counted) took(t *testing.T, runs int) (calls model.Calls) {
	t.Helper()
	scenariotest.Eventually(t, fmt.Sprintf("the log has %d runs", runs), func(context.Context) bool {
		calls = calls.Plus(e.journal.take(t, e.Log.Name()))
		return calls.Runs >= runs
	})
	return calls.Plus(e.counter.take())
}

// result sends the platform's result of a request that has ended, without the omitted fields. It
// fails the test unless the function fulfill stores the result with the request.
func (e counted) result(t *testing.T, request adplatform.Request, omitted adplatform.Omitted) {
	t.Helper()
	outcome, err := e.Platform.Check(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	scenariotest.Answers(t, e.Send(t, request.ResultWithout(outcome, omitted)), http.StatusOK, "recorded")
}

// request returns a request whose storage key has the same length as the platform's storage keys.
func (e counted) request(t *testing.T, slot adplatform.Slot) adplatform.Request {
	t.Helper()
	request, err := e.Platform.NewRequest(slot, adplatform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// hand sends a request, and fails the test unless the function fulfill hands the request off to the
// queue.
func (e counted) hand(t *testing.T, slot adplatform.Slot) adplatform.Request {
	t.Helper()
	request := e.request(t, slot)
	scenariotest.Answers(t, e.Send(t, request.Event()), http.StatusAccepted, "accepted")
	return request
}

func (e counted) put(t *testing.T, code string, size int) {
	t.Helper()
	e.Put(t, scenariotest.StoryKey(code), scenariotest.Film(t, size))
}

// upload uploads a film of exactly size bytes, waits until the film is indexed, and returns the
// film's slot.
func (e counted) upload(t *testing.T, size int) adplatform.Slot {
	t.Helper()
	code := scenariotest.NewCode()
	e.put(t, code, size)
	e.indexed(t, code)
	return scenariotest.Story(code)
}

// indexed waits until the function index has processed the upload event of a creative's file.
func (e counted) indexed(t *testing.T, code string) {
	t.Helper()
	queue := sqsqueue.Backlog{Client: e.Clients().SQS(), Queues: []string{e.IndexQueueURL}}
	scenariotest.Eventually(t, "index has ended with "+code, func(ctx context.Context) bool {
		s, _, err := summary.Load(ctx, e.Index.Blobs, e.Library)
		listed := slices.ContainsFunc(s.Entries, func(entry summary.Entry) bool { return entry.Document.Code == code })
		waiting, unknown := queue.Waiting(ctx)
		return err == nil && listed && unknown == nil && waiting == 0
	})
}

// announce announces a film as the sender Hoox, and waits until the film is indexed.
func (e counted) announce(t *testing.T, size int) {
	t.Helper()
	host, err := cdn.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(host.Close)
	sample, err := events.Announced("hoox-export-completed")
	if err != nil {
		t.Fatal(err)
	}
	slot, began := scenariotest.Story(scenariotest.NewCode()), time.Now()
	body, err := events.Fill(sample.Body, events.Values{FileURL: host.Serve("export.mp4", scenariotest.Film(t, size)), ID: slot.Code, Now: began})
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"code": {slot.Code}, "variation": {"1"}, "locale": {slot.Locale}, "aspect": {slot.Aspect}}
	if result := e.Senders.Post(t.Context(), sample.Sender, query.Encode(), body); result.Status != http.StatusOK {
		t.Fatalf("announcing: %+v", result)
	}
	if _, err := e.Senders.Follow(t.Context(), sample.Sender, body, began); err != nil {
		t.Fatal(err)
	}
	e.indexed(t, slot.Code)
}

// grow changes the library's state in the index, so that the library seems to have the given number
// of keys.
func (e counted) grow(t *testing.T, keys int) {
	t.Helper()
	state, revision, err := e.Index.State(t.Context(), e.Library)
	if err != nil {
		t.Fatal(err)
	}
	state.Keys = keys
	if err := e.Index.SaveState(t.Context(), e.Library, state, revision); err != nil {
		t.Fatal(err)
	}
}
