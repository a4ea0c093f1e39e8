package doors_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

func TestEachReceiptHasItsMetrics(t *testing.T) {
	t.Parallel()
	listed := destination.Match{Destination: &destination.Destination{Name: "ads", UploadHosts: []string{destination.DefaultUploadHosts}}}
	pinned := destination.Match{Destination: &destination.Destination{Name: "ads", UploadHosts: []string{r2}}}
	delivered := doors.Taken{Word: "delivered", Class: platform.Requested, Outcome: fulfillment.Outcome{Status: fulfillment.Delivered, Remaining: time.Hour}}
	repeated := delivered
	repeated.Outcome.Repeated = true
	const done, bucket = `DoorEvents=1 Count [] [Door="queue"]`, `DoorEvents=1 Count [] [Door="bucket"]`
	for name, c := range map[string]struct {
		received doors.Received
		want     []string
	}{
		"delivered": {doors.Received{Taken: delivered, Match: pinned}, []string{`Requests=1 Count [] [Outcome="delivered"]`, done, `TimeLeft=3600 Seconds []`}},
		"repeated":  {doors.Received{Taken: repeated, Match: listed}, []string{`Requests=1 Count [] [Outcome="delivered"]`, done}},
		"to any account": {
			doors.Received{Taken: delivered, Match: listed}, []string{`Requests=1 Count [] [Outcome="delivered"]`, done, `UnpinnedUploadHosts=1 Count []`, `TimeLeft=3600 Seconds []`},
		},
		"malformed": {doors.Received{Taken: doors.Taken{Word: doors.Malformed}, Match: listed}, []string{`Requests=1 Count [] [Outcome="malformed"]`, done, `MalformedRequests=1 Count []`}},
		"stays":     {doors.Received{Taken: doors.Taken{Word: "retry", Outcome: fulfillment.Outcome{Status: fulfillment.Retry}}, Match: listed, Delay: time.Second}, nil},
		"unlisted":  {doors.Received{Taken: doors.Taken{Word: doors.Unavailable, Err: destination.ErrUnlisted}, Delay: time.Second}, []string{`DoorFailures=1 Count [] [Reason="no_destination"]`}},
		"no list":   {doors.Received{Taken: doors.Taken{Word: doors.Unavailable, Err: destination.ErrUnavailable}, Delay: time.Second}, []string{`DoorFailures=1 Count [] [Reason="failure"]`}},
		"gone": {
			doors.Received{Message: doors.Message{Door: doors.Bucket}, Taken: doors.Taken{Word: doors.Gone, Err: doors.ErrGone}, Match: listed},
			[]string{`DoorFailures=1 Count [] [Reason="gone"]`, `Requests=1 Count [] [Outcome="gone"]`, bucket},
		},
	} {
		if c.received.Message.Door == "" {
			c.received.Message.Door = doors.Queue
		}
		_, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { c.received.Report(t.Context(), to) })
		if !slices.Equal(metrics, c.want) {
			t.Errorf("%s: metrics %q, want %q", name, metrics, c.want)
		}
	}
}

// A library that is not configured has its own reason in the report, different from other failures.
func TestAMissingLibraryHasAReasonOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.list = `[{"name":"ads","library":"films"}]`
		got := f.Receive(t.Context(), message(platform.TopicRequested, request(t)))
		_, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { got.Report(t.Context(), to) })
		if !slices.Equal(metrics, []string{`DoorFailures=1 Count [] [Reason="no_library"]`}) {
			t.Errorf("metrics %q", metrics)
		}
	})
}

func TestEachReceiptHasItsLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		m := message(strings.Repeat("t", 130), request(t))
		m.Receives = 3
		got := f.Receive(t.Context(), m)
		log, _ := telemetrytest.Lines(t, func(to telemetry.Reporter) { got.Report(t.Context(), to) })
		if len(log) != 1 {
			t.Fatalf("%d lines", len(log))
		}
		for _, text := range []string{
			`"level":"INFO","msg":"door","outcome":"delivered","door":"queue"`, `"receives":3,"rest_ms":0`, `"destination":"ads"`,
			`"topic":"` + strings.Repeat("t", 128) + `","event":"evt_1","class":"requested","request":"` + got.Request.ID() + `"`,
		} {
			if !strings.Contains(log[0], text) {
				t.Errorf("no %s in %s", text, log[0])
			}
		}
		if strings.Contains(log[0], credential) {
			t.Errorf("a credential is in %s", log[0])
		}
		for name, received := range map[string]doors.Received{
			"a failure":        {Taken: doors.Taken{Word: doors.Unavailable, Err: errDown}},
			"a failed delay":   {Taken: doors.Taken{Word: "retry", Err: errors.New("no queue")}},
			"an absent object": {Taken: doors.Taken{Word: doors.Gone, Err: doors.ErrGone}},
		} {
			log, _ := telemetrytest.Lines(t, func(to telemetry.Reporter) { received.Report(t.Context(), to) })
			if len(log) != 1 || !strings.Contains(log[0], `"level":"WARN"`) || !strings.Contains(log[0], `"error"`) {
				t.Errorf("%s: %q", name, log)
			}
		}
	})
}
