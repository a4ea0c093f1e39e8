// Package telemetry reports the work of a function: one log line and one line of metrics for each
// piece of work. The packages that report something build both lines from their own types.
//
// Invariant: no line contains URLs, bodies or secrets.
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

// Reporter writes log lines and metrics. Both fields must be set. It is safe for concurrent use.
type Reporter struct {
	Log     *slog.Logger
	Metrics *emf.Writer
}

// New returns a reporter that writes lines with escaped texts to log, and metrics to out. It
// writes the first log line, which names the version. A function calls New once, when it starts.
func New(log *slog.Logger, out io.Writer, namespace string) Reporter {
	log = slog.New(escaping{log.Handler()})
	log.Info("started", "version", version.Number)
	return Reporter{Log: log, Metrics: &emf.Writer{W: out, Namespace: namespace, Now: time.Now}}
}

// Measure writes a line of metrics. It writes nothing if m is empty.
func (r Reporter) Measure(ctx context.Context, m Measures) {
	if len(m.groups) == 0 {
		return
	}
	if err := r.Metrics.Write(emf.Line{Properties: m.properties, Groups: m.groups}); err != nil {
		r.Log.WarnContext(ctx, "metrics not written", "error", err.Error())
	}
}

// Text returns an attribute with a text that comes from others. It redacts the URLs in the text.
func Text(key, value string) slog.Attr { return slog.String(key, capability.Redact(value)) }

// Millis returns an attribute with a duration in whole milliseconds.
func Millis(key string, d time.Duration) slog.Attr { return slog.Int64(key, d.Milliseconds()) }

// WithError adds the attribute "error" if err is not nil.
func WithError(attrs []slog.Attr, err error) []slog.Attr {
	if err == nil {
		return attrs
	}
	return append(attrs, Text("error", err.Error()))
}
