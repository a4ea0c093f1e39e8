package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/infra/local/sim/programtest"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
	"masterhand/shared/request/platform"
)

func TestMain(m *testing.M) {
	programtest.Main(main)
	os.Exit(m.Run())
}

const credential = "CREDENTIAL" // a part of every URL in these tests; it must never occur in a log

// fixture is a handler with a ledger in memory and an index that cannot be read.
type fixture struct {
	handler
	store    *ledgertest.Memory
	said     bytes.Buffer
	delayed  map[string]time.Duration // the delay of each message in the queue, by the message's receipt
	delayErr error
}

// Delay implements the interface delayer.
func (d *fixture) Delay(_ context.Context, receipt string, pause time.Duration) error {
	d.delayed[receipt] = pause
	return d.delayErr
}

// Load implements [masters.Blobs]. It always returns an error.
func (d *fixture) Load(context.Context, string) ([]byte, string, error) {
	return nil, "", errors.New("no index")
}

// Save implements [masters.Blobs]. It always returns an error.
func (d *fixture) Save(context.Context, string, []byte, string) (string, error) {
	return "", errors.New("no index")
}

// Allow implements [fulfillment.Hosts]. It allows every host.
func (d *fixture) Allow(context.Context, string, capability.URL, capability.URL) error { return nil }

func newFixture() *fixture {
	d := &fixture{store: ledgertest.NewMemory(), delayed: map[string]time.Duration{}}
	d.handler = handler{
		service: &fulfillment.Service{
			Ledger: &ledger.Ledger{Store: d.store, Now: time.Now, NewOwner: func() string { return "owner" }},
			Index:  masters.Index{Blobs: d}, Hosts: d, Now: time.Now, IndexLag: time.Second, HoldTimeout: time.Second,
		},
		queue:     d,
		libraries: []masters.Library{{Name: "default"}},
		report: telemetry.Reporter{
			Log:     slog.New(slog.NewJSONHandler(&d.said, nil)),
			Metrics: &emf.Writer{W: &d.said, Namespace: "test", Now: time.Now},
		},
		now:    time.Now,
		jitter: func() float64 { return 0.5 },
	}
	return d
}

// job returns a new request for the function finish. The request expires after the time life.
func job(t *testing.T, life time.Duration) fulfillment.Job {
	t.Helper()
	parse := func(path string) capability.URL {
		address, err := capability.Parse("https://example.com/" + path + credential)
		if err != nil {
			t.Fatal(err)
		}
		return address
	}
	return fulfillment.Job{
		Request: platform.Request{
			Slot: creative.Slot{
				Project: "p", Creative: creative.Creative{Code: "HRT-1", Variation: 1}, Locale: "en", Kind: creative.Video, Aspect: "9x16",
			},
			UploadURL: parse("upload"), CompleteURL: parse("complete"), StorageKey: "key", ExpiresAt: time.Now().Add(life),
		},
		Destination: "acme", Library: masters.Library{Name: "default"},
	}
}

func encode(t *testing.T, j fulfillment.Job) string {
	t.Helper()
	body, err := handoff.Encode(j)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// failed handles messages with the ids and receipts "0", "1" and so on. It returns the ids of the
// messages that the queue must deliver again.
func (d *fixture) failed(t *testing.T, bodies ...string) (ids []string) {
	t.Helper()
	var batch awsevents.SQSEvent
	for i, body := range bodies {
		id := string(rune('0' + i))
		batch.Records = append(batch.Records, awsevents.SQSMessage{
			MessageId: id, ReceiptHandle: id, Body: body, Attributes: map[string]string{"ApproximateReceiveCount": "1"},
		})
	}
	event, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	response, err := d.handle(t.Context(), event)
	if err != nil {
		// handle must report the failed messages and not return an error: after an error the queue
		// delivers all messages again, even those of settled requests
		t.Fatal(err)
	}
	for _, f := range response.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	if strings.Contains(d.said.String(), credential) {
		t.Error("a credential was logged")
	}
	return ids
}

func (d *fixture) item(t *testing.T, j fulfillment.Job) ledger.Item {
	t.Helper()
	item, err := d.store.Load(t.Context(), j.Request.ID())
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// The message of a settled request, here an expired one, must be removed from the queue.
func TestTheMessageOfASettledRequestIsRemoved(t *testing.T) {
	t.Parallel()
	d, expired := newFixture(), job(t, -time.Second)
	for range 2 {
		if ids := d.failed(t, encode(t, expired)); len(ids) != 0 || len(d.delayed) != 0 {
			t.Errorf("messages %v are to come again, %v are delayed", ids, d.delayed)
		}
	}
	if item := d.item(t, expired); item.State != ledger.Expired {
		t.Errorf("the ledger says %s", item.State)
	}
}

// If a request could not be settled, the queue must deliver its message again after a delay, until the
// request expires. The function must not wait itself.
func TestAnUnsettledRequestIsDelayedInTheQueue(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		life     time.Duration
		longest  time.Duration
		delayErr error
	}{
		"long before its end":        {time.Hour, time.Minute, nil},
		"shortly before it":          {3 * time.Second, 4 * time.Second, nil},
		"and cannot even be delayed": {time.Hour, time.Minute, errors.New("no queue")},
		"and has only a moment":      {time.Millisecond, time.Second + time.Millisecond, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d, open := newFixture(), job(t, test.life)
				d.delayErr = test.delayErr
				if ids := d.failed(t, encode(t, open)); !slices.Equal(ids, []string{"0"}) {
					t.Errorf("messages %v are to come again", ids)
				}
				if pause, ok := d.delayed["0"]; !ok || pause < time.Second || pause > test.longest {
					t.Errorf("it is delayed for %v", d.delayed)
				}
				if item := d.item(t, open); item.State.Ended() || item.Owner != "" {
					t.Errorf("left as %s, held by %q", item.State, item.Owner)
				}
			})
		})
	}
}

// A message that an older version of the code wrote does not list the other libraries for which the
// gateway may have sent the same event. Then the handler must use all libraries except the
// request's own.
func TestOtherLibrariesOfAMessage(t *testing.T) {
	t.Parallel()
	d := newFixture()
	for _, name := range []string{"films", "stills"} {
		d.libraries = append(d.libraries, masters.Library{Name: name, Rules: placement.Rules{Prefix: name + "/"}})
	}
	for name, c := range map[string]struct{ stated, want []masters.Library }{
		"stated":       {[]masters.Library{{Name: "films"}}, d.libraries[1:2]},
		"unknown":      {[]masters.Library{{Name: "gone"}}, nil},
		"none":         {[]masters.Library{}, nil},
		"of old code":  {nil, d.libraries[1:]},
		"its own only": {[]masters.Library{{Name: "default"}}, nil},
	} {
		j := job(t, time.Hour)
		j.Others = c.stated
		if got := d.others(j); !slices.EqualFunc(got, c.want, func(a, b masters.Library) bool { return a.Name == b.Name && a.Prefix == b.Prefix }) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// A message that cannot be read must stay in the queue, where an alarm reports it, and must not be
// quoted in the log.
func TestAnUnreadableMessageStaysInTheQueue(t *testing.T) {
	t.Parallel()
	unknown := job(t, time.Hour)
	unknown.Library.Name = "another"
	tampered := strings.Replace(encode(t, job(t, time.Hour)), `"key"`, `"other"`, 1)
	tests := map[string]string{
		"no JSON": credential, "nothing": "", "an object": `{"x":"` + credential + `"}`, "another fingerprint": tampered,
		"an unknown library": encode(t, unknown),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, expired := newFixture(), job(t, -time.Second)
			if ids := d.failed(t, body, encode(t, expired)); !slices.Equal(ids, []string{"0"}) {
				t.Errorf("messages %v are to come again", ids)
			}
			if _, ok := d.delayed["0"]; !ok || len(d.delayed) != 1 {
				t.Errorf("delayed messages: %v", d.delayed)
			}
			if !strings.Contains(d.said.String(), `"error"`) {
				t.Errorf("said %s", &d.said)
			}
		})
	}
}

// A scheduled sweep must settle requests that are open past their deadline.
func TestTheScheduleSettlesOverdueRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, open := newFixture(), job(t, time.Minute)
		d.failed(t, encode(t, open))
		tick := json.RawMessage(`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`)
		for _, want := range []bool{false, true} {
			response, err := d.handle(t.Context(), tick)
			if err != nil || len(response.BatchItemFailures) != 0 {
				t.Errorf("response %+v, %v", response, err)
			}
			if item := d.item(t, open); item.State.Ended() != want {
				t.Errorf("the request is %s at %v, %v after it was made", item.State, time.Now(), time.Until(open.Request.ExpiresAt))
			}
			<-time.After(time.Hour) // waits for an hour of synctest's fake time, so that the request's deadline passes
		}
	})
}

// Without its settings the function must name all missing ones and must not start.
func TestMainWithoutConfiguration(t *testing.T) {
	t.Parallel()
	programtest.Refuses(t, []string{"AWS_REGION=eu-central-1"}, "MASTERS_BUCKET", "INDEX_BUCKET", "LEDGER_TABLE")
}
