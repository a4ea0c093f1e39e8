package fulfillment_test

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

func TestEachOutcomeHasItsMetrics(t *testing.T) {
	t.Parallel()
	skip := ledger.Decision{Skip: "no_match:locale"}
	for _, c := range []struct {
		outcome fulfillment.Outcome
		want    []string
	}{
		{fulfillment.Outcome{}, nil},
		{fulfillment.Outcome{Status: fulfillment.Retry, Code: "transfer"}, nil},
		{fulfillment.Outcome{Status: fulfillment.Held, Code: "held"}, nil},
		{fulfillment.Outcome{Status: fulfillment.Retry, Code: fulfillment.CodeHost, Host: "evil.example"}, []string{`HostsNotConfigured=1 Count [] [Host="evil.example"]`}},
		{fulfillment.Outcome{Status: fulfillment.Held, Code: fulfillment.CodeLost}, []string{`LeaseLosses=1 Count []`}},
		{fulfillment.Outcome{Status: fulfillment.Conflict}, []string{`Conflicts=1 Count []`}},
		{fulfillment.Outcome{Status: fulfillment.Accepted, Code: "index"}, []string{`HandOffs=1 Count [] [Reason="index"]`}},
		{fulfillment.Outcome{Status: fulfillment.Skipped, Decision: skip}, []string{`Skips=1 Count [] [Reason="no_match"]`}},
		{fulfillment.Outcome{Status: fulfillment.Skipped, Decision: skip, Repeated: true}, nil},
		{fulfillment.Outcome{Status: fulfillment.Failed, Code: "refused"}, []string{`Failures=1 Count [] [Reason="refused"]`}},
		{fulfillment.Outcome{Status: fulfillment.Recorded, Code: "failed"}, []string{`PlatformResults=1 Count [] [Reason="failed"]`}},
		{fulfillment.Outcome{Status: fulfillment.Unknown, Code: fulfillment.CodeUnmatched}, []string{`PlatformResults=1 Count [] [Reason="unmatched"]`}},
		{fulfillment.Outcome{Status: fulfillment.Unknown, Code: fulfillment.CodeUnmatched, Repeated: true}, nil},
		{fulfillment.Outcome{Status: fulfillment.Delivered, Remaining: time.Hour, Bytes: 5}, []string{`TimeLeft=3600 Seconds []`}},
		{
			fulfillment.Outcome{Status: fulfillment.Delivered, Remaining: time.Hour, Bytes: 10, Elapsed: 2 * time.Second, ETagDiffers: true},
			[]string{`TimeLeft=3600 Seconds []`, `DeliveredBytes=10 Bytes []`, `Throughput=5 Bytes/Second []`, `UploadETagDiffers=1 Count []`},
		},
	} {
		_, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) {
			var m telemetry.Measures
			c.outcome.Measure(&m)
			to.Measure(t.Context(), m)
		})
		if !slices.Equal(metrics, c.want) {
			t.Errorf("%+v: metrics %q, want %q", c.outcome, metrics, c.want)
		}
	}
}

func TestAttributesOfARequestAndItsOutcome(t *testing.T) {
	t.Parallel()
	if attrs := append(fulfillment.RequestAttrs(platform.Request{}), fulfillment.Outcome{}.Attrs()...); attrs != nil {
		t.Errorf("attributes of nothing: %v", attrs)
	}
	r := wanted()
	outcome := fulfillment.Outcome{
		Status: fulfillment.Retry, Code: "transfer", Detail: "https://h.example/" + telemetrytest.Secret, Unconfirmed: true,
		Decision: ledger.Decision{Key: key}, SHA256: "ab", Bytes: 7, Elapsed: time.Second, Remaining: time.Minute,
		Unnamed: errors.New("https://h.example/" + telemetrytest.Secret),
		Waited:  time.Hour, Attempt: 3, Ended: fulfillment.Failed, Host: "evil.example",
	}
	log, _ := telemetrytest.Lines(t, func(to telemetry.Reporter) {
		to.Log.LogAttrs(t.Context(), slog.LevelInfo, "m", append(fulfillment.RequestAttrs(r), outcome.Attrs()...)...)
	})
	want := []string{`{"level":"INFO","msg":"m","request":"` + r.ID() + `","slot":"HRT-1212-2 en video 9x16","upload_host":"account.r2.cloudflarestorage.com",` +
		`"code":"transfer","reason":"transfer","detail":"https://h.example/[redacted]","repeated":false,"unconfirmed":true,"master":"` + key + `","skip":"","sha256":"ab",` +
		`"bytes_out":7,"transfer_ms":1000,"left_ms":60000,"waited_ms":3600000,"attempt":3,"host":"evil.example","names_not_kept":"https://h.example/[redacted]","ended":"failed"}`}
	if !slices.Equal(log, want) {
		t.Errorf("log %q, want %q", log, want)
	}
}

// Only the run that ends a request logs the attribute "ended". Each run logs how long ago the
// request first arrived and how often runs have claimed it.
func TestOneRunOfARequestSaysThatItEndedIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, r := newFixture(t), wanted()
		s.add(t, key, film, true, nil)
		down := true
		s.callback = func(int) (int, error) {
			if down {
				return http.StatusBadGateway, nil
			}
			return http.StatusOK, nil
		}
		before := s.fulfil(t, r)
		down = false
		end := s.fulfil(t, r)
		<-time.After(time.Minute)
		after := s.fulfil(t, r)
		if before.Status != fulfillment.Retry || before.Ended != "" || before.Attempt != 1 {
			t.Errorf("a run before the end: %+v", before)
		}
		if end.Ended != fulfillment.Delivered || end.Attempt != 2 || end.Waited < before.Waited || before.Waited == 0 {
			t.Errorf("the run that ended it: %+v", end)
		}
		if after.Ended != "" || !after.Repeated || after.Attempt != 2 || after.Waited != end.Waited+time.Minute {
			t.Errorf("a run after the end: %+v", after)
		}
	})
}

// The log line has the attribute "ended" only if the run ended a request. The line of a platform's
// result names the request that the result is about. The reason of a skip is logged without its
// detail: "no_match" for "no_match:locale".
func TestOnlyARunThatEndedARequestLogsEnded(t *testing.T) {
	t.Parallel()
	line := func(o fulfillment.Outcome) string {
		log, _ := telemetrytest.Lines(t, func(to telemetry.Reporter) { to.Log.LogAttrs(t.Context(), slog.LevelInfo, "m", o.Attrs()...) })
		return log[0]
	}
	repeated := line(fulfillment.Outcome{Status: fulfillment.Delivered, Repeated: true})
	if strings.Contains(repeated, `"ended"`) || strings.Contains(repeated, `"request"`) {
		t.Error(repeated)
	}
	result := line(fulfillment.Outcome{Status: fulfillment.Recorded, Request: "req#1", Slot: "slot", Ended: fulfillment.Expired})
	if !strings.HasSuffix(result, `"request":"req#1","slot":"slot","ended":"expired"}`) {
		t.Error(result)
	}
	skip := line(fulfillment.Outcome{Status: fulfillment.Skipped, Code: "no_match:locale", Decision: ledger.Decision{Skip: "no_match:locale"}})
	if !strings.Contains(skip, `"code":"no_match:locale","reason":"no_match"`) {
		t.Error(skip)
	}
}

func TestASweepReportsEachExpiredRequestAndTheirNumber(t *testing.T) {
	t.Parallel()
	now := time.Now()
	expired := []ledger.Item{{
		ID: "req#1", Slot: "slot", Target: "9x16", Destination: "ads", Code: "overdue", Detail: "https://h.example/" + telemetrytest.Secret,
		Attempts: 2, ReceivedAt: now, UpdatedAt: now.Add(time.Hour),
	}}
	failed := errors.New("get https://h.example/" + telemetrytest.Secret)
	overdue := `{"level":"WARN","msg":"overdue","outcome":"expired","request":"req#1","slot":"slot","target":"9x16","destination":"ads",` +
		`"code":"overdue","reason":"overdue","detail":"https://h.example/[redacted]","waited_ms":3600000,"attempt":2,"ended":"expired"}`
	for _, c := range []struct {
		expired []ledger.Item
		err     error
		log     []string
		metric  string
	}{
		{nil, nil, nil, `OverdueRequests=0 Count []`},
		{expired, nil, []string{overdue}, `OverdueRequests=1 Count []`},
		{expired, failed, []string{overdue, `{"level":"WARN","msg":"sweep","error":"get https://h.example/[redacted]"}`}, `OverdueRequests=1 Count []`},
	} {
		log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { fulfillment.ReportSweep(t.Context(), to, c.expired, c.err) })
		if !slices.Equal(log, c.log) || !slices.Equal(metrics, []string{c.metric}) {
			t.Errorf("log %q, metrics %q, want %q, %s", log, metrics, c.log, c.metric)
		}
	}
}
