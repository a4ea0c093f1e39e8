package collect_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
)

func TestReportOfATry(t *testing.T) {
	t.Parallel()
	failed := errors.New("get https://h.example/" + secret)
	event := senders.Event{Sender: senders.Hoox, Subject: "job/1", Type: "video_export", Status: "completed"}
	alert, test, foreign := event, event, event
	alert.Alert, test.Alert, test.Test, foreign.Alert = "failed", "failed", true, senders.AlertForeignCode
	const said = `"sender":"hoox","subject":"job/1","event":"video_export","said":"completed"`
	began := time.Now()
	for name, c := range map[string]struct {
		try          collect.Try
		log, metrics []string
	}{
		"unreadable": {
			collect.Try{Outcome: collect.Outcome{Err: failed}, Receives: 2, Delay: time.Second, Stuck: true},
			[]string{`{"level":"WARN","msg":"collect","outcome":"retry","record":"","sender":"","subject":"","event":"","said":"","fresh":false,"bytes":0,"receives":2,` +
				`"rest_ms":1000,"stuck":true,"notified":"","took_ms":0,"error":"get https://h.example/[redacted]"}`},
			[]string{`CollectRetries=1 Count [] [Sender="unknown"]`, `CollectStuck=1 Count []`},
		},
		"an alert": {
			collect.Try{Outcome: collect.Outcome{Record: "raw/1", Event: alert, Fresh: true, Notified: "failed", Done: true}, Receives: 1},
			[]string{`{"level":"INFO","msg":"collect","outcome":"done","record":"raw/1",` + said + `,"fresh":true,"bytes":0,"receives":1,"rest_ms":0,"stuck":false,"notified":"failed","took_ms":0}`},
			[]string{`CollectAlerts=1 Count [] [Sender="hoox" Reason="failed"]`},
		},
		"an alert of a test": {
			collect.Try{Outcome: collect.Outcome{Event: test, Fresh: true, Done: true}},
			[]string{`{"level":"INFO","msg":"collect","outcome":"done","record":"",` + said + `,"fresh":true,"bytes":0,"receives":0,"rest_ms":0,"stuck":false,"notified":"","took_ms":0}`}, nil,
		},
		"a file of a foreign code, by its own record": {
			collect.Try{Outcome: collect.Outcome{Event: foreign, Fresh: true, Ended: []timeline.File{
				{Name: "a", State: timeline.Stored, Copy: timeline.Copy{Key: "k", Size: 7, SHA256: "ab", Problem: collect.ProblemCode}, Tries: 1},
			}}},
			[]string{
				`{"level":"INFO","msg":"collect","outcome":"retry","record":"",` + said + `,"fresh":true,"bytes":0,"receives":0,"rest_ms":0,"stuck":false,"notified":"","took_ms":0}`,
				`{"level":"INFO","msg":"collected","sender":"hoox","subject":"job/1","file":"a","state":"stored","key":"k","size":7,"sha256":"ab","code":"","detail":"","tries":1,"record":"","waited_ms":0,"ended":"stored"}`,
			},
			[]string{
				`CollectAlerts=1 Count [] [Sender="hoox" Reason="foreign_code"]`,
				`CollectedFiles=1 Count [] [Sender="hoox" Outcome="stored"]`, `CollectedBytes=7 Bytes [] [Sender="hoox"]`,
			},
		},
		"a file that a newer record names a foreign code for": {
			collect.Try{Outcome: collect.Outcome{Event: event, Ended: []timeline.File{
				{Name: "a", State: timeline.Stored, Copy: timeline.Copy{Key: "k", Size: 7, SHA256: "ab", Problem: collect.ProblemCode}, Tries: 1},
			}}},
			[]string{
				`{"level":"INFO","msg":"collect","outcome":"retry","record":"",` + said + `,"fresh":false,"bytes":0,"receives":0,"rest_ms":0,"stuck":false,"notified":"","took_ms":0}`,
				`{"level":"INFO","msg":"collected","sender":"hoox","subject":"job/1","file":"a","state":"stored","key":"k","size":7,"sha256":"ab","code":"","detail":"","tries":1,"record":"","waited_ms":0,"ended":"stored"}`,
			},
			[]string{
				`CollectedFiles=1 Count [] [Sender="hoox" Outcome="stored"]`, `CollectedBytes=7 Bytes [] [Sender="hoox"]`,
				`CollectAlerts=1 Count [] [Sender="hoox" Reason="foreign_code"]`,
			},
		},
		"files": {
			collect.Try{Outcome: collect.Outcome{Event: event, Bytes: 7, Done: true, Ended: []timeline.File{
				{Name: "a", State: timeline.Stored, Copy: timeline.Copy{Key: "k", Size: 7, SHA256: "ab"}, Tries: 1, Record: "raw/1", Since: began},
				{Name: "b", State: timeline.Failed, Code: "server", Detail: failed.Error(), Tries: 3, Since: began},
			}}, Duration: time.Second, At: began.Add(time.Minute)},
			[]string{
				`{"level":"INFO","msg":"collect","outcome":"done","record":"",` + said + `,"fresh":false,"bytes":7,"receives":0,"rest_ms":0,"stuck":false,"notified":"","took_ms":1000}`,
				`{"level":"INFO","msg":"collected","sender":"hoox","subject":"job/1","file":"a","state":"stored","key":"k","size":7,"sha256":"ab","code":"","detail":"","tries":1,"record":"raw/1","waited_ms":60000,"ended":"stored"}`,
				`{"level":"INFO","msg":"collected","sender":"hoox","subject":"job/1","file":"b","state":"failed","key":"","size":0,"sha256":"","code":"server",` +
					`"detail":"get https://h.example/[redacted]","tries":3,"record":"","waited_ms":60000,"ended":"failed"}`,
			},
			[]string{
				`CollectedFiles=1 Count [] [Sender="hoox" Outcome="stored"]`, `CollectedBytes=7 Bytes [] [Sender="hoox"]`,
				`CollectedFiles=1 Count [] [Sender="hoox" Outcome="failed"]`, `CollectFailures=1 Count [] [Sender="hoox" Reason="server"]`,
			},
		},
	} {
		log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { c.try.Report(t.Context(), to) })
		if !slices.Equal(log, c.log) || !slices.Equal(metrics, c.metrics) {
			t.Errorf("%s:\n log %q\nwant %q\n metrics %q\nwant %q", name, log, c.log, metrics, c.metrics)
		}
	}
}

func TestASweepThatFailsHasNoMetric(t *testing.T) {
	t.Parallel()
	log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { collect.ReportSweep(t.Context(), to, 3, nil) })
	if log != nil || !slices.Equal(metrics, []string{`CollectSwept=3 Count []`}) {
		t.Errorf("log %q, metrics %q", log, metrics)
	}
	log, metrics = telemetrytest.Lines(t, func(to telemetry.Reporter) {
		collect.ReportSweep(t.Context(), to, 3, errors.New("get https://h.example/"+secret))
	})
	want := []string{`{"level":"WARN","msg":"collect sweep","sent":3,"error":"get https://h.example/[redacted]"}`}
	if !slices.Equal(log, want) || metrics != nil {
		t.Errorf("log %q, metrics %q, want %q", log, metrics, want)
	}
}
