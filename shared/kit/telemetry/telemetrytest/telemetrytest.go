// Package telemetrytest lets tests check the log lines and metrics of a report.
package telemetrytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/telemetry"
)

// Secret is a text that no line may contain. Tests put it into each URL, because URLs must not be
// logged.
const Secret = "s3cr3t"

// Lines returns the lines that the function report writes. A log line is its JSON without the
// time. Each metric is a line such as `Requests=1 Count [] [Outcome="delivered"]`: its value, its
// unit and its sets of dimensions. The test fails if a line contains [Secret].
func Lines(t *testing.T, report func(telemetry.Reporter)) (log, metrics []string) {
	t.Helper()
	var logged, measured bytes.Buffer
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	report(telemetry.Reporter{
		Log:     slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{ReplaceAttr: withoutTime})),
		Metrics: &emf.Writer{W: &measured, Namespace: "test", Now: time.Now},
	})
	if strings.Contains(logged.String()+measured.String(), Secret) {
		t.Errorf("a line shows a URL:\n%s%s", &logged, &measured)
	}
	for line := range strings.Lines(logged.String()) {
		log = append(log, strings.TrimSpace(line))
	}
	for line := range strings.Lines(measured.String()) {
		metrics = append(metrics, parse(t, line)...)
	}
	return log, metrics
}

// parse returns the metrics in a line of CloudWatch's embedded metric format.
func parse(t *testing.T, line string) (metrics []string) {
	t.Helper()
	var members map[string]json.RawMessage
	var meta struct {
		CloudWatchMetrics []struct {
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	if err := json.Unmarshal([]byte(line), &members); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(members["_aws"], &meta); err != nil {
		t.Fatal(err)
	}
	for _, group := range meta.CloudWatchMetrics {
		for _, m := range group.Metrics {
			text := fmt.Sprintf("%s=%s %s", m.Name, members[m.Name], m.Unit)
			for _, set := range group.Dimensions {
				var values []string
				for _, name := range set {
					values = append(values, fmt.Sprintf("%s=%s", name, members[name]))
				}
				text += " [" + strings.Join(values, " ") + "]"
			}
			metrics = append(metrics, text)
		}
	}
	return metrics
}
