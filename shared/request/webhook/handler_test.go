package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/events"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/inbound"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/webhook"
)

const (
	secret     = "whsec_0123456789abcdef0123456789abcdef"
	masterKey  = "HRT-1212/v2/en/9x16.mp4"
	uploadMark = "UPLOAD-CREDENTIAL" // a secret that is part of every upload URL
	tokenMark  = "CALLBACK-CREDENTIAL"
)

var library = masters.Library{Name: "default"}

// fixture is a handler with stores in memory. It records everything that the handler writes. Tests
// run it in a synctest bubble with fake time.
type fixture struct {
	handler *webhook.Handler
	store   *ledgertest.Memory
	index   masters.Index
	bucket  *masterstest.Bucket
	said    bytes.Buffer // everything written to the log, the metrics and the answers
	far     int          // how many requests have reached the platform
	putBody string       // the body of the storage's answer to an upload; "" means success
	// meanwhile is called during each HTTP request to the platform: an upload or a callback.
	meanwhile func()
	deadline  time.Time // the deadline that each call of Serve gets
}

type fixed string

func (f fixed) Load(context.Context) ([]byte, error) { return []byte(f), nil }

type noBacklog struct{}

func (noBacklog) Waiting(context.Context) (int, error) { return 0, nil }

func newFixture(t *testing.T) *fixture {
	t.Helper()
	d := &fixture{store: ledgertest.NewMemory(), bucket: &masterstest.Bucket{}, index: masters.Index{Blobs: &masterstest.Memory{}}, deadline: time.Now().Add(280 * time.Second)}
	list := fmt.Sprintf(`[{"name":"acme","scheme":"outpost","secrets":[%q]}]`, secret)
	log := slog.New(slog.NewJSONHandler(&d.said, nil))
	metrics := &emf.Writer{W: &d.said, Namespace: "test", Now: time.Now}
	owners := 0
	keyring := destination.NewKeyring(fixed(list), destination.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now})
	d.handler = &webhook.Handler{
		Keyring: keyring,
		Service: &fulfillment.Service{
			Affected: d.store,
			Ledger:   &ledger.Ledger{Store: d.store, Now: time.Now, NewOwner: func() string { owners++; return fmt.Sprint(owners) }},
			Index:    d.index, Lines: d.index.Blobs.(masters.Lister), Bucket: d.bucket, Backlog: noBacklog{},
			Mover: &transfer.Mover{Client: &http.Client{Transport: d}}, Callbacks: &http.Client{Transport: d},
			Hosts: destination.Hosts{Keyring: keyring},
			Now:   time.Now, IndexLag: time.Second, HoldTimeout: time.Second,
		},
		Libraries: []masters.Library{library},
		Now:       time.Now,
		Report: func(ctx context.Context, s webhook.Served) {
			s.Report(ctx, telemetry.Reporter{Log: log, Metrics: metrics})
		},
	}
	d.add(t)
	built := masters.State{Format: masters.Format, Rules: library.RuleSet(), Built: true}
	if err := d.index.SaveState(t.Context(), library, built, ""); err != nil {
		t.Fatal(err)
	}
	return d
}

// add puts the master that the sample event asks for into the bucket, and lists it in the
// creative's index document.
func (d *fixture) add(t *testing.T) {
	t.Helper()
	d.bucket.Put(masterKey, []byte("film"), nil)
	o, _ := d.bucket.Look(t.Context(), masterKey)
	doc := masters.NewDocument(creative.Creative{Code: "HRT-1212", Variation: 2}).Put(masters.Master{
		Key: masterKey, ETag: o.ETag, Size: o.Size, Kind: creative.Video, Locale: "en", Aspect: "9x16",
		Extension: "mp4", MediaType: "video/mp4",
	})
	if err := d.index.SaveDocument(t.Context(), library, doc, ""); err != nil {
		t.Fatal(err)
	}
}

// RoundTrip answers a request as the platform would. If it refuses an upload, its answer repeats
// the upload's URL, as a careless server would.
func (d *fixture) RoundTrip(req *http.Request) (*http.Response, error) {
	d.far++
	if d.meanwhile != nil {
		d.meanwhile()
	}
	_, _ = io.Copy(io.Discard, req.Body)
	status, body := http.StatusOK, ""
	if req.Method == http.MethodPut && d.putBody != "" {
		status, body = http.StatusForbidden, d.putBody+req.URL.String()
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: req}, nil
}

// sample returns the body of a sample event, with URLs of the given hosts.
func sample(t *testing.T, name, uploadHost, callbackHost string) (topic string, body []byte) {
	t.Helper()
	event, err := events.Sample(name)
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer(
		"{{uploadUrl}}", "https://"+uploadHost+"/b/k?X-Amz-Signature="+uploadMark,
		"{{completeCallbackUrl}}", "https://"+callbackHost+"/api/v1/waitpoints/tokens/"+tokenMark+"/complete",
		"{{storageKey}}", "fb-external/p/k.video", "{{contentHash}}", "sha256:00",
		"{{expiresAt}}", time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "{{now}}", time.Now().UTC().Format(time.RFC3339),
	).Replace(string(event.Data))
	return event.Topic, []byte(filled)
}

func (d *fixture) serve(t *testing.T, method, topic string, body []byte, headers map[string]string) inbound.Answer {
	t.Helper()
	if topic != "" {
		headers["x-outpost-topic"] = topic
	}
	a := d.handler.Serve(t.Context(), inbound.Request{
		Method: method, Body: body, Header: headers,
	}, d.deadline)
	fmt.Fprintln(&d.said, a.Outcome)
	return a
}

// signed sends the body with a signature, as the platform does.
func (d *fixture) signed(t *testing.T, topic string, body []byte) inbound.Answer {
	t.Helper()
	key, err := signature.NewKey(signature.Outpost, secret)
	if err != nil {
		t.Fatal(err)
	}
	return d.serve(t, http.MethodPost, topic, body, signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Now(), body))
}

// items returns all ledger items as JSON.
func (d *fixture) items(t *testing.T) []string {
	t.Helper()
	list, err := d.store.ByDay(t.Context(), time.Now().UTC().Format(time.DateOnly), 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range list {
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return out
}

const r2, trigger = "account.r2.cloudflarestorage.com", "api.trigger.dev"

func TestEveryTopic(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]inbound.Answer{
		"requested-exact":      {Status: 200, Outcome: "delivered"},
		"requested-story-reel": {Status: 200, Outcome: "delivered"},
		"requested-feed":       {Status: 200, Outcome: "skipped"},
		"requested-image":      {Status: 200, Outcome: "skipped"},
		"fulfilled":            {Status: 200, Outcome: "unknown"},
		"rejected":             {Status: 200, Outcome: "unknown"},
		"timeout":              {Status: 200, Outcome: "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newFixture(t)
				topic, body := sample(t, name, r2, trigger)
				if a := d.signed(t, topic, body); a != want {
					t.Errorf("answer %+v, want %+v", a, want)
				}
			})
		})
	}
}

func TestUnauthenticRequestsDoNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		topic, body := sample(t, "requested-exact", r2, trigger)
		key, _ := signature.NewKey(signature.Outpost, secret)
		good := signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Now(), body)["x-outpost-signature"]
		other, _ := signature.NewKey(signature.Outpost, strings.ToUpper(secret))
		forged := signature.Sign(signature.Outpost, []signature.Key{other}, "", time.Now(), body)["x-outpost-signature"]
		for name, value := range map[string]string{
			"missing": "", "another secret's": forged, "doubled": good + "," + good, "truncated": good[:len(good)-1],
			"with a space": good + " ", "upper case": "v0=" + strings.ToUpper(good[3:]), "without version": good[3:],
			"another version": "v1" + good[2:], "of the timestamped scheme": "t=1," + good,
		} {
			a := d.serve(t, http.MethodPost, topic, body, map[string]string{"x-outpost-signature": value})
			if a.Status != http.StatusUnauthorized || d.far != 0 || len(d.items(t)) != 0 {
				t.Errorf("%s: %+v, %d requests to the far side, %d ledger items", name, a, d.far, len(d.items(t)))
			}
		}
		changed := bytes.Replace(body, []byte(`"en"`), []byte(`"de"`), 1)
		if a := d.serve(t, http.MethodPost, topic, changed, map[string]string{"x-outpost-signature": good}); a.Status != 401 {
			t.Errorf("a changed body: %+v", a)
		}
	})
}

func TestMethodSizeAndHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		for _, method := range []string{http.MethodGet, http.MethodPut, ""} {
			if a := d.serve(t, method, "", nil, map[string]string{}); a.Status != http.StatusMethodNotAllowed || a.Outcome != "method_not_allowed" {
				t.Errorf("method %q: %+v", method, a)
			}
		}
		if a := d.signed(t, "", make([]byte, platform.MaxBody+1)); a.Status != http.StatusRequestEntityTooLarge || a.Outcome != "too_large" {
			t.Errorf("too large: %+v", a)
		}
		for name, body := range map[string][]byte{"of the largest size": make([]byte, platform.MaxBody), "empty": nil} {
			if a := d.serve(t, http.MethodPost, "", body, nil); a.Status != http.StatusUnauthorized || a.Outcome != "unauthentic" {
				t.Errorf("%s, without headers: %+v", name, a)
			}
		}
		if a := d.signed(t, "", []byte(`{}`)); a.Status != http.StatusOK || a.Outcome != "ignored" {
			t.Errorf("an event of no kind: %+v", a)
		}
		if a := d.signed(t, platform.TopicRequested, []byte(`{}`)); a.Status != http.StatusOK || a.Outcome != "malformed" {
			t.Errorf("a request without members: %+v", a)
		}
	})
}

// A lease never ends later than the run that holds it.
func TestTheDeadlineBoundsTheLease(t *testing.T) {
	t.Parallel()
	for left, want := range map[time.Duration]time.Duration{
		// the time until the run's deadline (0 means no deadline), and the length of the lease
		25 * time.Second: 25 * time.Second, 5 * time.Minute: ledger.Lease, 0: ledger.Lease,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newFixture(t)
			leases := 0
			d.meanwhile = func() {
				items, err := d.store.ByDay(t.Context(), time.Now().UTC().Format(time.DateOnly), 100)
				if err != nil || len(items) != 1 || time.Until(items[0].LeaseUntil) != want {
					t.Errorf("%v left: %+v, %v; want a lease of %v", left, items, err, want)
				}
				leases++
			}
			if d.deadline = time.Now().Add(left); left == 0 {
				d.deadline = time.Time{}
			}
			topic, body := sample(t, "requested-exact", r2, trigger)
			if a := d.signed(t, topic, body); a.Outcome != "delivered" || leases == 0 {
				t.Errorf("%v left: %+v, with %d requests to the far side", left, a, leases)
			}
		})
	}
}

func TestAuthenticButUnusableIsRecordedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct{ old, new string }{
			"no JSON":              {`{`, `{{`},
			"wrong type":           {`"variation": 2`, `"variation": "two"`},
			"missing field":        {`"locale": "en",`, ``},
			"plain http":           {"https://" + r2, "http://" + r2},
			"callback to metadata": {"https://" + trigger, "http://169.254.169.254"},
			"this machine":         {"https://" + r2, "http://127.0.0.1:9"},
		} {
			d := newFixture(t)
			topic, body := sample(t, "requested-exact", r2, trigger)
			broken := bytes.Replace(body, []byte(c.old), []byte(c.new), 1)
			for range 2 {
				if a := d.signed(t, topic, broken); a.Status != http.StatusOK || a.Outcome != "malformed" || d.far != 0 {
					t.Errorf("%s: %+v, %d requests to the far side", name, a, d.far)
				}
			}
			items := d.items(t)
			if len(items) != 1 || !strings.Contains(items[0], `"pk":"bad#`) || !strings.Contains(items[0], `"state":"malformed"`) {
				t.Errorf("%s: ledger %q", name, items)
			}
			d.checkNothingLeaks(t, items)
		}
	})
}

func TestAForgedTopicChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		_, body := sample(t, "requested-exact", r2, trigger)
		for _, topic := range []string{platform.TopicFulfilled, platform.TopicRejected, platform.TopicTimeout, "campaign.created"} {
			if a := d.signed(t, topic, body); a.Outcome != "ignored" || a.Status != 200 || d.far != 0 || len(d.items(t)) != 0 {
				t.Errorf("topic %s: %+v", topic, a)
			}
		}
		for _, topic := range []string{"*", ""} {
			if a := d.signed(t, topic, body); a.Outcome != "delivered" {
				t.Errorf("topic %q: %+v", topic, a)
			}
		}
	})
}

func TestCredentialsAppearNowhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		topic, body := sample(t, "requested-exact", r2, trigger)
		d.putBody = `<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>`
		if a := d.signed(t, topic, body); a.Outcome != "failed" {
			t.Errorf("refused upload: %+v", a)
		}
		rejected, body := sample(t, "rejected", r2, trigger)
		body = bytes.Replace(body, []byte(`{`), []byte(`{"uploadUrl":"https://`+r2+`/b/k?X-Amz-Signature=`+uploadMark+`",`), 1)
		d.signed(t, rejected, body)
		items := d.items(t)
		if len(items) == 0 || d.said.Len() == 0 {
			t.Fatal("nothing was said, so nothing is proved")
		}
		d.checkNothingLeaks(t, items)
	})
}

// The names of the ads that wait are stored with the request, and appear nowhere else.
func TestTheNamesOfAdsAreStoredAndNotLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newFixture(t)
		topic, body := sample(t, "requested-exact", r2, trigger)
		d.signed(t, topic, body)
		event, err := platform.Parse(topic, body)
		if err != nil {
			t.Fatal(err)
		}
		id := event.Request.ID()
		kept, err := d.store.Affected(t.Context(), []string{id})
		if err != nil || kept[id].Words() != "1 ad of HRT Prospecting - Sep" {
			t.Errorf("kept %q, %v", kept[id].Words(), err)
		}
		items := d.items(t)
		if len(items) == 0 || d.said.Len() == 0 {
			t.Fatal("nothing was said, so nothing is proved")
		}
		for _, text := range append(items, d.said.String()) {
			for _, name := range []string{"<Spring>", "15-08-25", "Broad - US", "HRT Prospecting"} {
				if strings.Contains(text, name) {
					t.Errorf("%s stands in %s", name, text)
				}
			}
		}
	})
}

func (d *fixture) checkNothingLeaks(t *testing.T, items []string) {
	t.Helper()
	for _, text := range append(items, d.said.String()) {
		for _, credential := range []string{uploadMark, tokenMark, secret, "waitpoints/tokens"} {
			if strings.Contains(text, credential) {
				t.Errorf("%s appears in %s", credential, text)
			}
		}
	}
}
