package handoff

import (
	"context"
	"log/slog"
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/fulfillment"
)

// Try describes one attempt of the queue's worker to end a request, and how it went.
type Try struct {
	Job      fulfillment.Job
	Outcome  fulfillment.Outcome
	Receives int           // how many times the message was received, including this time
	Delay    time.Duration // the time until the next try; 0 if there is no next try
	Duration time.Duration // duration of this try
	Err      error         // the error if the message could not be read or delayed
}

// Report writes a log line and the metrics of a try.
func (t Try) Report(ctx context.Context, to telemetry.Reporter) {
	level := slog.LevelInfo
	if t.Err != nil {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("outcome", string(t.Outcome.Status)), slog.Int("receives", t.Receives), telemetry.Millis("rest_ms", t.Delay),
		telemetry.Millis("took_ms", t.Duration), slog.String("destination", t.Job.Destination), telemetry.Text("event", t.Job.EventID),
	}
	attrs = append(attrs, fulfillment.RequestAttrs(t.Job.Request)...)
	attrs = append(attrs, t.Outcome.Attrs()...)
	to.Log.LogAttrs(ctx, level, "handed off", telemetry.WithError(attrs, t.Err)...)
	var m telemetry.Measures
	if t.Outcome.Status != "" && t.Delay == 0 {
		m.CountBy(names.MetricRequests, names.DimensionOutcome, string(t.Outcome.Status))
	}
	t.Outcome.Measure(&m)
	to.Measure(ctx, m)
}
