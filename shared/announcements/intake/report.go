package intake

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
)

// Served is the report of one webhook.
type Served struct {
	Status int           // the HTTP status of the answer
	Answer string        // the outcome that the answer's body states
	Sender string        // one of senders.Names; "" for any other sender
	Token  string        // the hint that logs show for the token: the first 8 hex digits of the token's hash
	Record string        // the record's key, even if storing the record failed; "" if the webhook was refused
	Event  senders.Event // the event that the webhook reports; zero if neither bucket nor queue has the record
	// Coordinates says why the URL's coordinates cannot be used. It is "" if they can be used, or
	// if the URL has none.
	Coordinates string
	Durability  Durability
	// Err says why the webhook was refused, or which step of storing the event failed. The event
	// may still be stored durably. The text never contains a URL.
	Err      error
	Size     int    // the body's size in bytes
	From     string // the sender's IP address
	Duration time.Duration
}

// Durability says where an event is stored durably.
type Durability struct {
	Stored bool // the record is in the bucket
	Queued bool // a message with the record or its key is in the queue
}

// Report writes a log line and the metrics of a webhook.
func (s Served) Report(ctx context.Context, to telemetry.Reporter) {
	level := slog.LevelInfo
	if s.Status >= 500 || s.Err != nil && s.Record != "" {
		level = slog.LevelWarn
	}
	to.Log.LogAttrs(ctx, level, "intake", s.attrs()...)
	to.Measure(ctx, s.measures())
}

// ReportLoadFailure reports that the senders' secret could not be loaded.
func ReportLoadFailure(ctx context.Context, to telemetry.Reporter, err error) {
	to.Log.WarnContext(ctx, "senders not loaded", "error", err.Error())
	var m telemetry.Measures
	m.Count(names.MetricIntakeLoadFailures)
	to.Measure(ctx, m)
}

func (s Served) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("outcome", s.Answer), slog.Int("status", s.Status), slog.String("sender", s.Sender),
		slog.Int("bytes_in", s.Size), telemetry.Millis("took_ms", s.Duration), telemetry.Text("source_ip", s.From),
	}
	if s.Record != "" {
		attrs = append(attrs,
			slog.String("token", s.Token), slog.String("record", s.Record),
			slog.Bool("stored", s.Durability.Stored), slog.Bool("queued", s.Durability.Queued),
			telemetry.Text("subject", s.Event.Subject), telemetry.Text("event", s.Event.Type), telemetry.Text("said", s.Event.Status), telemetry.Text("detail", s.Event.Detail),
			slog.Int("files", len(s.Event.Files)), slog.Bool("test", s.Event.Test),
			slog.String("unknown", strings.Join(s.Event.Unknown, " ")), slog.String("coordinates", s.Coordinates),
		)
	}
	return telemetry.WithError(attrs, s.Err)
}

func (s Served) measures() (m telemetry.Measures) {
	m.Property(names.DimensionSender, cmp.Or(s.Sender, names.UnknownSender))
	m.Property(names.DimensionOutcome, s.Answer)
	m.AddBy(count(names.MetricIntakeRequests), names.DimensionSender, names.DimensionOutcome)
	if s.Status == http.StatusUnauthorized {
		m.AddBy(count(names.MetricIntakeRefusals), names.DimensionSender)
	}
	if s.Record == "" {
		return m
	}
	m.Property(names.DimensionSecret, s.Token)
	m.AddBy(count(names.MetricIntakeTokens), names.DimensionSender, names.DimensionSecret)
	if len(s.Event.Unknown) > 0 {
		m.AddBy(count(names.MetricIntakeUnknown), names.DimensionSender)
	}
	if s.Coordinates != "" {
		m.AddBy(count(names.MetricIntakeCoordinates), names.DimensionSender)
	}
	if failed := s.Durability.failure(); failed != "" {
		m.CountBy(names.MetricIntakeFailures, names.DimensionReason, failed)
	}
	return m
}

func count(metric string) emf.Metric { return telemetry.One(metric, emf.Count, 1) }

// failure returns the step that failed while the event was stored: "queue" or "store", or "lost" if
// both failed. It returns "" if both succeeded.
func (d Durability) failure() string {
	switch {
	case d.Stored && d.Queued:
		return ""
	case d.Stored:
		return "queue"
	case d.Queued:
		return "store"
	}
	return "lost"
}
