package doors_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
	"masterhand/shared/request/transfer"
)

const (
	r2, trigger = "account.r2.cloudflarestorage.com", "api.trigger.dev"
	masterKey   = "HRT-1212/v2/en/9x16.mp4"
	bucketName  = "acme-events"
	credential  = "CREDENTIAL" // a secret that is part of every URL
	ads         = `[{"name":"ads"}]`
)

var library = masters.Library{Name: "default"}

// fixture is a receiver with stores in memory. Tests run it in a synctest bubble with fake time.
type fixture struct {
	*doors.Receiver
	list    string // the JSON text of the list of destinations
	listErr error
	store   *ledgertest.Memory
	objects map[string]doors.Object // the stored objects by key and version
	readErr error
	far     []string // the HTTP methods of the requests that reached the platform
	status  int      // the HTTP status of the platform's answers
}

// Load implements [secret.Source].
func (f *fixture) Load(context.Context) ([]byte, error) { return []byte(f.list), f.listErr }

// Read implements [doors.Objects] with the stored objects.
func (f *fixture) Read(_ context.Context, key, version string, limit int64) (doors.Object, error) {
	object, there := f.objects[key+"@"+version]
	if !there && f.readErr == nil {
		return doors.Object{}, doors.ErrGone
	}
	object.Body = object.Body[:min(int64(len(object.Body)), limit)]
	return object, f.readErr
}

// RoundTrip answers a request as the platform would.
func (f *fixture) RoundTrip(r *http.Request) (*http.Response, error) {
	f.far = append(f.far, r.Method)
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: f.status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

type noBacklog struct{}

func (noBacklog) Waiting(context.Context) (int, error) { return 0, nil }

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{list: ads, store: ledgertest.NewMemory(), objects: map[string]doors.Object{}, status: http.StatusOK}
	index, bucket := masters.Index{Blobs: &masterstest.Memory{}}, &masterstest.Bucket{}
	owners := 0
	keyring := destination.NewKeyring(f, destination.Config{MaxAge: time.Second, Recheck: time.Second, Now: time.Now})
	f.Receiver = &doors.Receiver{
		Pipeline: doors.Pipeline{
			Service: &fulfillment.Service{
				Affected: f.store,
				Ledger:   &ledger.Ledger{Store: f.store, Now: time.Now, NewOwner: func() string { owners++; return fmt.Sprint(owners) }},
				Index:    index, Lines: index.Blobs.(masters.Lister), Bucket: bucket, Backlog: noBacklog{},
				Mover: &transfer.Mover{Client: &http.Client{Transport: f}}, Callbacks: &http.Client{Transport: f},
				Hosts: destination.Hosts{Keyring: keyring},
				Now:   time.Now, IndexLag: time.Second, HoldTimeout: time.Second,
			},
			Libraries: []masters.Library{library},
		},
		Destinations: keyring,
		Settings:     doors.Settings{doors.Queue: {Destination: "ads"}, doors.Bucket: {Destination: "ads"}},
		Bucket:       bucketName, Objects: f, Now: time.Now, Jitter: func() float64 { return 1 },
	}
	bucket.Put(masterKey, []byte("film"), nil)
	o, err := bucket.Look(t.Context(), masterKey)
	if err != nil {
		t.Fatal(err)
	}
	doc := masters.NewDocument(creative.Creative{Code: "HRT-1212", Variation: 2}).Put(masters.Master{
		Key: masterKey, ETag: o.ETag, Size: o.Size, Kind: creative.Video, Locale: "en", Aspect: "9x16", Extension: "mp4", MediaType: "video/mp4",
	})
	built := masters.State{Format: masters.Format, Rules: library.RuleSet(), Built: true}
	if err := index.SaveDocument(t.Context(), library, doc, ""); err != nil {
		t.Fatal(err)
	}
	if err := index.SaveState(t.Context(), library, built, ""); err != nil {
		t.Fatal(err)
	}
	return f
}

// sample returns a sample event with URLs of the given hosts and the given expiry.
func sample(t testing.TB, name, uploadHost, callbackHost string, expires time.Time) (topic, body string) {
	t.Helper()
	event, err := events.Sample(name)
	if err != nil {
		t.Fatal(err)
	}
	return event.Topic, strings.NewReplacer(
		"{{uploadUrl}}", "https://"+uploadHost+"/b/k?X-Amz-Signature="+credential,
		"{{completeCallbackUrl}}", "https://"+callbackHost+"/api/v1/waitpoints/tokens/"+credential+"/complete",
		"{{storageKey}}", "fb-external/p/k.video", "{{contentHash}}", "sha256:00",
		"{{expiresAt}}", expires.UTC().Format(time.RFC3339), "{{now}}", time.Now().UTC().Format(time.RFC3339),
	).Replace(string(event.Data))
}

// request returns the body of a request that can be delivered.
func request(t testing.TB) string {
	t.Helper()
	_, body := sample(t, "requested-exact", r2, trigger, time.Now().Add(time.Hour))
	return body
}

// message returns a message of the queue. Its event has the given topic and body.
func message(topic, body string) doors.Message {
	return doors.Message{Door: doors.Queue, Body: body, Metadata: fmt.Sprintf(`{"topic":%q,"event-id":"evt_1"}`, topic), Receives: 1}
}

// stored puts an event of the platform into the bucket, as the object with this key and version. It
// returns the message that announces the object.
func (f *fixture) stored(topic, key, version, body string) doors.Message {
	f.objects[key+"@"+version] = doors.Object{Body: []byte(body), Metadata: map[string]string{"topic": topic, "event-id": "evt_1"}}
	return doors.Message{Door: doors.Bucket, Body: objectEvent(bucketName, key, version), Receives: 1}
}

func objectEvent(bucket, key, version string) string {
	return fmt.Sprintf(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":%q},"object":{"key":%q,"version-id":%q}}}`, bucket, key, version)
}

// wants passes the message m to the receiver. It fails the test unless the outcome is word. The
// argument again states whether the queue must deliver the message again; if the receiver decides
// otherwise, wants fails the test, too.
func (f *fixture) wants(t testing.TB, what string, m doors.Message, word string, again bool) doors.Received {
	t.Helper()
	got := f.Receive(t.Context(), m)
	if got.Word != word || (got.Delay > 0) != again {
		t.Errorf("%s: %q, again in %v (%v); want %q, again: %v", what, got.Word, got.Delay, got.Err, word, again)
	}
	return got
}

// items returns all items of the fixture's ledger.
func (f *fixture) items(t testing.TB) []ledger.Item {
	t.Helper()
	list, err := f.store.ByDay(t.Context(), time.Now().UTC().Format(time.DateOnly), 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
