package report

import (
	"context"
	"log/slog"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
)

// Collected is what one try of a message about an event came to.
type Collected struct {
	Record   string        // key of the event's record; "": the message tells none
	Event    senders.Event // zero where it could not be read
	Fresh    bool          // it was taken into its timeline just now
	Ended    []timeline.File
	Bytes    int64 // fetched
	Notified string
	Receives int           // of the message, this one included
	Delay    time.Duration // until the next try; 0: there is none
	Stuck    bool          // a human should look why it rests
	Err      error         // what is in the way; never holds a URL
}

// Collected reports a try of a message about an event.
func (r Reporter) Collected(ctx context.Context, c Collected) {
	level := slog.LevelInfo
	if c.Err != nil {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("record", c.Record), slog.String("sender", c.Event.Sender), text("subject", c.Event.Subject),
		text("event", c.Event.Type), text("said", c.Event.Status), slog.Bool("fresh", c.Fresh), slog.Int64("bytes", c.Bytes),
		slog.Int("receives", c.Receives), millis("rest_ms", c.Delay), slog.Bool("stuck", c.Stuck), slog.String("notified", c.Notified),
	}
	if c.Err != nil {
		attrs = append(attrs, text("error", c.Err.Error()))
	}
	r.Log.LogAttrs(ctx, level, "collect", attrs...)
	r.write(c.metrics())
	for _, f := range c.Ended {
		r.Log.LogAttrs(ctx, slog.LevelInfo, "collected", slog.String("sender", c.Event.Sender), text("subject", c.Event.Subject),
			slog.String("file", f.Name), slog.String("state", string(f.State)), text("key", f.Key), slog.Int64("size", f.Size),
			slog.String("sha256", f.SHA256), slog.String("code", f.Code), text("detail", f.Detail), slog.Int("tries", f.Tries))
		r.write(c.fileMetrics(f))
	}
}

// CollectSwept reports a look for events that no message told of. One that failed writes
// no metric: where they stay away for long, somebody is told.
func (r Reporter) CollectSwept(ctx context.Context, sent int, err error) {
	if err != nil {
		r.Log.LogAttrs(ctx, slog.LevelWarn, "collect sweep", slog.Int("sent", sent), text("error", err.Error()))
		return
	}
	var m measures
	m.add([][]string{{}}, one(names.MetricCollectSwept, emf.Count, float64(sent)))
	r.write(m.line())
}

// by adds a metric without dimensions and by these.
func (m *measures) by(metric emf.Metric, dimensions ...string) {
	m.add([][]string{{}, dimensions}, metric)
}

func (c Collected) sender() string {
	if c.Event.Sender == "" {
		return unknownSender
	}
	return c.Event.Sender
}

func (c Collected) metrics() emf.Line {
	var m measures
	m.property(names.DimensionSender, c.sender())
	if c.Delay > 0 {
		m.by(one(names.MetricCollectRetries, emf.Count, 1), names.DimensionSender)
	}
	if c.Stuck {
		m.add([][]string{{}}, one(names.MetricCollectStuck, emf.Count, 1))
	}
	if c.Fresh && c.Event.Alert != "" && !c.Event.Test {
		m.property(names.DimensionReason, c.Event.Alert)
		m.by(one(names.MetricCollectAlerts, emf.Count, 1), names.DimensionSender, names.DimensionReason)
	}
	return m.line()
}

func (c Collected) fileMetrics(f timeline.File) emf.Line {
	var m measures
	m.property(names.DimensionSender, c.sender())
	m.property(names.DimensionOutcome, string(f.State))
	m.by(one(names.MetricCollectedFiles, emf.Count, 1), names.DimensionSender, names.DimensionOutcome)
	switch f.State {
	case timeline.Stored:
		m.by(one(names.MetricCollectedBytes, emf.Bytes, float64(f.Size)), names.DimensionSender)
	case timeline.Failed:
		m.property(names.DimensionReason, f.Code)
		m.by(one(names.MetricCollectFailures, emf.Count, 1), names.DimensionSender, names.DimensionReason)
	}
	return m.line()
}
