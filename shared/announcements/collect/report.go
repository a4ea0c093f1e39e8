package collect

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
)

// Try is the report of one try of a message.
type Try struct {
	Outcome
	Receives int           // the number of times that the queue has delivered the message, including this one
	Delay    time.Duration // the time until the queue delivers the message again; 0 means that it does not
	Duration time.Duration // the time that this try took
	At       time.Time     // the time at which the try ended
	Stuck    bool          // reports whether a person should look at why the message is retried
}

// The outcomes of a try in its log line: the message is done, or the queue delivers it again.
const (
	outcomeDone  = "done"
	outcomeRetry = "retry"
)

// Report writes a log line and the metrics of a try, and of each file that ended in it. Only the
// log lines of ended files have the attribute "ended".
func (t Try) Report(ctx context.Context, to telemetry.Reporter) {
	level := slog.LevelInfo
	if t.Err != nil {
		level = slog.LevelWarn
	}
	outcome := outcomeDone
	if !t.Done {
		outcome = outcomeRetry
	}
	attrs := []slog.Attr{
		slog.String("outcome", outcome), slog.String("record", t.Record), slog.String("sender", t.Event.Sender), telemetry.Text("subject", t.Event.Subject),
		telemetry.Text("event", t.Event.Type), telemetry.Text("said", t.Event.Status), slog.Bool("fresh", t.Fresh), slog.Int64("bytes", t.Bytes),
		slog.Int("receives", t.Receives), telemetry.Millis("rest_ms", t.Delay), slog.Bool("stuck", t.Stuck), slog.String("notified", t.Notified),
		telemetry.Millis("took_ms", t.Duration),
	}
	to.Log.LogAttrs(ctx, level, "collect", telemetry.WithError(attrs, t.Err)...)
	to.Measure(ctx, t.measures())
	for _, f := range t.Ended {
		to.Log.LogAttrs(ctx, slog.LevelInfo, "collected", slog.String("sender", t.Event.Sender), telemetry.Text("subject", t.Event.Subject),
			slog.String("file", f.Name), slog.String("state", string(f.State)), telemetry.Text("key", f.Key), slog.Int64("size", f.Size),
			slog.String("sha256", f.SHA256), slog.String("code", f.Code), telemetry.Text("detail", f.Detail), slog.Int("tries", f.Tries),
			slog.String("record", f.Record), telemetry.Millis("waited_ms", t.At.Sub(f.Since)), slog.String("ended", string(f.State)))
		to.Measure(ctx, t.fileMeasures(f))
	}
}

// ReportSweep writes the metric of a sweep: the number of messages that the sweep sent. For a
// failed sweep it writes a log line instead. An alarm goes off if the metric is missing for long.
func ReportSweep(ctx context.Context, to telemetry.Reporter, sent int, err error) {
	if err != nil {
		to.Log.LogAttrs(ctx, slog.LevelWarn, "collect sweep", slog.Int("sent", sent), telemetry.Text("error", err.Error()))
		return
	}
	var m telemetry.Measures
	m.Add(telemetry.One(names.MetricCollectSwept, emf.Count, float64(sent)))
	to.Measure(ctx, m)
}

func (t Try) measures() (m telemetry.Measures) {
	m.Property(names.DimensionSender, cmp.Or(t.Event.Sender, names.UnknownSender))
	if t.Delay > 0 {
		m.AddBy(telemetry.One(names.MetricCollectRetries, emf.Count, 1), names.DimensionSender)
	}
	if t.Stuck {
		m.Count(names.MetricCollectStuck)
	}
	if t.Fresh && t.Event.Alert != "" && !t.Event.Test {
		m.Property(names.DimensionReason, t.Event.Alert)
		m.AddBy(telemetry.One(names.MetricCollectAlerts, emf.Count, 1), names.DimensionSender, names.DimensionReason)
	}
	return m
}

func (t Try) fileMeasures(f timeline.File) (m telemetry.Measures) {
	m.Property(names.DimensionSender, cmp.Or(t.Event.Sender, names.UnknownSender))
	m.Property(names.DimensionOutcome, string(f.State))
	m.AddBy(telemetry.One(names.MetricCollectedFiles, emf.Count, 1), names.DimensionSender, names.DimensionOutcome)
	switch f.State {
	case timeline.Stored:
		m.AddBy(telemetry.One(names.MetricCollectedBytes, emf.Bytes, float64(f.Size)), names.DimensionSender)
		// A newer record may have brought the foreign code. Then the alert is not in the event's
		// own field Alert, so it is counted here.
		if f.Problem == ProblemCode && t.Event.Alert != senders.AlertForeignCode {
			m.Property(names.DimensionReason, senders.AlertForeignCode)
			m.AddBy(telemetry.One(names.MetricCollectAlerts, emf.Count, 1), names.DimensionSender, names.DimensionReason)
		}
	case timeline.Failed:
		m.Property(names.DimensionReason, f.Code)
		m.AddBy(telemetry.One(names.MetricCollectFailures, emf.Count, 1), names.DimensionSender, names.DimensionReason)
	}
	return m
}
