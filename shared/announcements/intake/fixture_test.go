package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/inbound"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/secret"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
)

// fixture is a handler whose store and queue are in memory.
type fixture struct {
	intake.Handler
	reporter telemetry.Reporter
	put      func(ctx context.Context) error // called before each Put of the store; nil does nothing
	send     func(ctx context.Context) error // called before each Send to the queue; nil does nothing

	mu       sync.Mutex
	stored   map[string][]byte
	messages [][]byte
	log      telemetrytest.Output
}

// Put implements [intake.Store].
func (d *fixture) Put(ctx context.Context, key string, data []byte) error {
	if d.put != nil {
		if err := d.put(ctx); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stored[key] = data
	return nil
}

// Send implements [intake.Queue].
func (d *fixture) Send(ctx context.Context, message []byte) error {
	if d.send != nil {
		if err := d.send(ctx); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.messages = append(d.messages, message)
	return nil
}

const everybody = `{"hoox":{"tokens":["` + newToken + `"]},"streampixel":{"tokens":["` + newToken + `"]},"adreform":{"tokens":["` + newToken + `"]},
	"posternity":{"tokens":["` + newToken + `"],"verifier":{"header":"X-Signature","secrets":["` + signing + `"]}}}`

func newFixture() *fixture {
	d := &fixture{stored: map[string][]byte{}}
	d.reporter = telemetry.Reporter{
		Log:     slog.New(slog.NewJSONHandler(&d.log, nil)),
		Metrics: &emf.Writer{W: &d.log, Namespace: names.MetricNamespace, Now: time.Now},
	}
	d.Handler = intake.Handler{
		Keyring: intake.NewKeyring(&source{value: everybody}, secret.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now}),
		Store:   d, Queue: d, Now: time.Now, NewEntropy: func() string { return entropy },
		Report: func(ctx context.Context, s intake.Served) { s.Report(ctx, d.reporter) },
	}
	return d
}

// post returns a request with this body from Streampixel. Streampixel is the only sender that never
// repeats a webhook, so its event is lost if intake does not store it.
func post(body string) inbound.Request {
	return inbound.Request{
		Method: "POST", Path: "/streampixel/" + newToken, Query: "code=HRT-1212&variation=2",
		Header: map[string]string{"content-type": "application/json", "authorization": "Bearer x"}, Body: []byte(body),
	}
}

func (d *fixture) want(t *testing.T, r inbound.Request, status int, outcome string) {
	t.Helper()
	if a := d.Serve(t.Context(), r); a.Status != status || a.Outcome != outcome {
		t.Errorf("answer %+v, want %d %s", a, status, outcome)
	}
	if strings.Contains(d.log.String(), newToken) || strings.Contains(d.log.String(), "Bearer") || strings.Contains(d.log.String(), "s3cr3t") {
		t.Errorf("the log has a credential: %s", &d.log)
	}
}

// The method record returns the only record that the fixture stored, as the function collect would
// read it.
func (d *fixture) record(t *testing.T) intake.Record {
	t.Helper()
	if len(d.messages) > 1 || len(d.stored) > 1 {
		t.Fatalf("%d messages of %d records", len(d.messages), len(d.stored))
	}
	for _, message := range d.messages {
		m, err := intake.DecodeMessage(message)
		if err != nil {
			t.Fatal(err)
		}
		if m.Record != nil {
			return *m.Record
		}
		if d.stored[m.Key] == nil {
			t.Fatalf("no record %s", m.Key)
		}
	}
	for key, data := range d.stored {
		r, err := intake.Decode(data)
		if err != nil || r.Key() != key {
			t.Fatalf("%s: %v", key, err)
		}
		return r
	}
	t.Fatal("nothing was kept")
	return intake.Record{}
}

// metrics returns the sum of each metric in the log. The keys have the form "Name{Dimension=value}".
func (d *fixture) metrics(t *testing.T) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	for line := range strings.Lines(d.log.String()) {
		var told struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		var values map[string]any
		if err := errors.Join(json.Unmarshal([]byte(line), &told), json.Unmarshal([]byte(line), &values)); err != nil {
			t.Fatal(err)
		}
		for _, group := range told.AWS.CloudWatchMetrics {
			for _, set := range group.Dimensions {
				var by []string
				for _, dimension := range set {
					by = append(by, dimension+"="+values[dimension].(string))
				}
				for _, metric := range group.Metrics {
					found[metric.Name+"{"+strings.Join(by, ",")+"}"] += values[metric.Name].(float64)
				}
			}
		}
	}
	return found
}
