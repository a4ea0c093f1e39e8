package handoff_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
)

// The metrics count each request once, with the outcome of its last try.
func TestARequestIsCountedOnceWithItsLastOutcome(t *testing.T) {
	t.Parallel()
	j := job(t)
	retry := fulfillment.Outcome{Status: fulfillment.Retry, Code: "transfer", Remaining: time.Minute}
	conflict := fulfillment.Outcome{Status: fulfillment.Conflict, Code: "conflict"}
	request := `"destination":"acme","event":"evt","request":"` + j.Request.ID() + `","slot":"` + j.Request.Slot.String() + `","upload_host":"a.r2.cloudflarestorage.com"`
	const rest = `"detail":"","repeated":false,"unconfirmed":false,"master":"","skip":"","sha256":"","bytes_out":0,"transfer_ms":0`
	for name, c := range map[string]struct {
		try     handoff.Try
		log     string
		metrics []string
	}{
		"unreadable": {
			handoff.Try{Receives: 1, Err: errors.New("get https://h.example/" + telemetrytest.Secret)},
			`{"level":"WARN","msg":"handed off","outcome":"","receives":1,"rest_ms":0,"took_ms":0,"destination":"","event":"","error":"get https://h.example/[redacted]"}`, nil,
		},
		"tried again": {
			handoff.Try{Job: j, Outcome: retry, Receives: 2, Delay: 5 * time.Second, Duration: time.Second},
			`{"level":"INFO","msg":"handed off","outcome":"retry","receives":2,"rest_ms":5000,"took_ms":1000,` + request + `,"code":"transfer","reason":"transfer",` + rest + `,"left_ms":60000,"waited_ms":0,"attempt":0}`, nil,
		},
		"last": {
			handoff.Try{Job: j, Outcome: conflict, Receives: 3},
			`{"level":"INFO","msg":"handed off","outcome":"conflict","receives":3,"rest_ms":0,"took_ms":0,` + request + `,"code":"conflict","reason":"conflict",` + rest + `,"left_ms":0,"waited_ms":0,"attempt":0}`,
			[]string{`Requests=1 Count [] [Outcome="conflict"]`, `Conflicts=1 Count []`},
		},
	} {
		log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { c.try.Report(t.Context(), to) })
		if !slices.Equal(log, []string{c.log}) || !slices.Equal(metrics, c.metrics) {
			t.Errorf("%s: log %q, metrics %q, want %s, %q", name, log, metrics, c.log, c.metrics)
		}
	}
}
