package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	announced "masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/reindex"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/webhook"
)

// series returns the name of a metric series: the metric's name with the names of its dimensions,
// such as "Requests{Outcome}".
func series(name string, dimensions []string) string {
	return name + "{" + strings.Join(dimensions, ",") + "}"
}

// webhooks returns reports about webhooks that together make the function fulfill write each of its
// metrics.
func webhooks() []webhook.Served {
	from := destination.Match{Destination: &destination.Destination{Name: "ads", UploadHosts: []string{destination.DefaultUploadHosts}}, KeyHint: "cdef"}
	outcomes := []fulfillment.Outcome{
		{Status: fulfillment.Delivered, Bytes: 1 << 20, Elapsed: time.Second, Remaining: time.Hour, ETagDiffers: true},
		{Status: fulfillment.Skipped, Decision: ledger.Decision{Skip: "no_match:locale"}},
		{Status: fulfillment.Failed, Code: "AccessDenied"},
		{Status: fulfillment.Accepted, Code: "time"},
		{Status: fulfillment.Accepted, Code: fulfillment.CodeHost, Host: "r2.example"},
		{Status: fulfillment.Retry, Code: fulfillment.CodeOtherLibrary},
		{Status: fulfillment.Conflict, Code: "fingerprint"},
		{Status: fulfillment.Held, Code: fulfillment.CodeLost},
		{Status: fulfillment.Recorded, Code: platform.Rejected.String()},
		{Status: fulfillment.Recorded, Code: platform.TimedOut.String()},
	}
	reports := []webhook.Served{{Status: 401, Answer: "unauthentic"}, {Status: 200, Answer: "malformed", Match: from}}
	for _, o := range outcomes {
		reports = append(reports, webhook.Served{Status: 200, Answer: string(o.Status), Match: from, Outcome: o})
	}
	return reports
}

// received returns reports that together make the function receive write each of its metrics.
func received() []doors.Received {
	match := destination.Match{Destination: &destination.Destination{Name: "ads"}}
	return []doors.Received{
		{Message: doors.Message{Door: doors.Queue}, Taken: doors.Taken{Word: doors.Malformed}, Match: match},
		{Message: doors.Message{Door: doors.Bucket}, Taken: doors.Taken{Word: doors.Unavailable, Err: destination.ErrUnlisted}, Delay: time.Minute},
	}
}

// takenIn returns reports that together make the function intake write each of its metrics.
func takenIn() []announced.Served {
	odd := senders.Event{Sender: senders.Hoox, Unknown: []string{senders.UnknownType}}
	return []announced.Served{
		{Status: 401, Answer: "unauthentic"},
		{Status: 200, Answer: "accepted", Sender: senders.Hoox, Token: "1a2b", Record: "raw/1", Event: odd, Coordinates: "no such locale", Durability: announced.Durability{Queued: true}},
	}
}

// collected returns a report that makes the function collect write each of its metrics.
func collected() collect.Try {
	return collect.Try{
		Outcome: collect.Outcome{
			Event: senders.Event{Sender: senders.Hoox, Alert: senders.AlertJobFailed}, Fresh: true,
			Ended: []timeline.File{{State: timeline.Stored, Copy: timeline.Copy{Size: 1}}, {State: timeline.Failed, Code: "link_expired"}},
		},
		Delay: time.Minute, Stuck: true,
	}
}

// emission writes the reports of all functions. It returns the metric series in the output, each
// with the values of its dimensions.
func emission(t *testing.T) map[string]map[string]bool {
	t.Helper()
	var out bytes.Buffer
	reporter := telemetry.Reporter{
		Log:     slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Metrics: &emf.Writer{W: &out, Namespace: names.MetricNamespace, Now: time.Now},
	}
	ctx := t.Context()
	for _, served := range webhooks() {
		served.Report(ctx, reporter)
		handoff.Try{Outcome: served.Outcome}.Report(ctx, reporter)
	}
	fulfillment.ReportSweep(ctx, reporter, nil, nil)
	reindex.ReportUnbuilt(ctx, reporter, []reindex.Unbuilt{{Library: "default", Waits: "it has over 1000 files"}}, nil)
	indexing.ReportFiled(ctx, reporter, indexing.Result{Key: "HRT-1/v1/en/9x16.mp4", Unread: "AccessDenied"})
	destination.ReportLoadFailure(ctx, reporter, io.ErrUnexpectedEOF)
	for _, served := range takenIn() {
		served.Report(ctx, reporter)
	}
	for _, got := range received() {
		got.Report(ctx, reporter)
	}
	announced.ReportLoadFailure(ctx, reporter, io.ErrUnexpectedEOF)
	collected().Report(ctx, reporter)
	collect.ReportSweep(ctx, reporter, 0, nil)
	found := map[string]map[string]bool{}
	for line := range strings.Lines(out.String()) {
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
			for _, metric := range group.Metrics {
				for _, set := range group.Dimensions {
					s := series(metric.Name, set)
					if found[s] == nil {
						found[s] = map[string]bool{}
					}
					for _, dimension := range set {
						found[s][values[dimension].(string)] = true
					}
				}
			}
		}
	}
	return found
}

// metricNames reads all metric names from the source file that declares them.
func metricNames(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, file := range []string{"metrics", "intake", "collect"} {
		found = append(found, metricsOf(t, "../shared/kit/names/"+file+".go")...)
	}
	return found
}

func metricsOf(t *testing.T, path string) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Metric") || spec.Names[0].Name == "MetricNamespace" {
			return true
		}
		name, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, name)
		return true
	})
	return found
}
