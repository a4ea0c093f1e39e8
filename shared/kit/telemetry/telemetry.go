// Package telemetry writes what a function did: a line of log and a line of metrics for
// each thing. A package that has something to report builds both from its own types.
//
// Invariant: URLs, bodies and secrets are part of neither line.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/version"
)

// Reporter writes log lines and metrics. Both fields are needed; it is safe for concurrent
// use.
type Reporter struct {
	Log     *slog.Logger
	Metrics *emf.Writer
}

// New returns a reporter that writes lines to log, with escaped texts, and metrics to out.
// A function calls New once, when it starts: New writes the first log line, which names
// the version.
func New(log *slog.Logger, out io.Writer, namespace string) Reporter {
	log = slog.New(escaping{log.Handler()})
	log.Info("started", "version", version.Number)
	return Reporter{Log: log, Metrics: &emf.Writer{W: out, Namespace: namespace, Now: time.Now}}
}

// Measure writes a line of metrics, unless there is nothing in it.
func (r Reporter) Measure(ctx context.Context, m Measures) {
	if len(m.groups) == 0 {
		return
	}
	if err := r.Metrics.Write(emf.Line{Properties: m.properties, Groups: m.groups}); err != nil {
		r.Log.WarnContext(ctx, "metrics not written", "error", err.Error())
	}
}

// Text is an attribute of a text that somebody else wrote: no URL is shown in it.
func Text(key, value string) slog.Attr { return slog.String(key, capability.Redact(value)) }

// Millis is an attribute of a duration, in whole milliseconds.
func Millis(key string, d time.Duration) slog.Attr { return slog.Int64(key, d.Milliseconds()) }

// WithError adds the attribute "error" where there is an error.
func WithError(attrs []slog.Attr, err error) []slog.Attr {
	if err == nil {
		return attrs
	}
	return append(attrs, Text("error", err.Error()))
}
