package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

// Served is the report of one webhook.
type Served struct {
	Status   int    // the HTTP status of the answer
	Answer   string // the word for the outcome in the answer to the gateway, such as "delivered"
	Class    platform.Class
	Match    destination.Match // Match.Destination is nil if the webhook is not authentic
	Request  platform.Request
	Topic    string // the topic header, which is not signed
	EventID  string // the header with the event id, which is not signed
	Outcome  fulfillment.Outcome
	Err      error  // why the webhook was not served; never contains a URL
	Size     int    // the body's size in bytes
	From     string // the sender's address
	Duration time.Duration
}

// Report writes a log line and the metrics of a webhook.
func (s Served) Report(ctx context.Context, to telemetry.Reporter) {
	level := slog.LevelInfo
	if s.Status >= 500 {
		level = slog.LevelWarn
	}
	to.Log.LogAttrs(ctx, level, "webhook", s.attrs()...)
	to.Measure(ctx, s.measures())
}

func (s Served) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("outcome", s.Answer), slog.Int("status", s.Status),
		slog.Int("bytes_in", s.Size), telemetry.Millis("took_ms", s.Duration), telemetry.Text("source_ip", s.From),
	}
	if s.Match.Destination != nil {
		attrs = append(attrs,
			slog.String("destination", s.Match.Destination.Name), slog.String("secret", s.Match.KeyHint),
			telemetry.Text("topic", shorten(s.Topic)), telemetry.Text("event", shorten(s.EventID)), slog.String("class", s.Class.String()),
		)
	}
	if s.Class == platform.Requested {
		attrs = append(attrs, fulfillment.RequestAttrs(s.Request)...)
	}
	return telemetry.WithError(append(attrs, s.Outcome.Attrs()...), s.Err)
}

func (s Served) measures() (m telemetry.Measures) {
	if s.Status == http.StatusUnauthorized {
		m.Count(names.MetricSignatureFailures)
	}
	if s.Match.Destination == nil {
		return m
	}
	m.CountBy(names.MetricRequests, names.DimensionOutcome, s.Answer)
	// MetricSecretMatches counts webhooks by the destination and the secret that signed them. This
	// metric shows when an old secret may be removed: once the new one has signed a webhook.
	m.Property(names.DimensionDestination, s.Match.Destination.Name)
	m.Property(names.DimensionSecret, printable(s.Match.KeyHint))
	m.AddSets([][]string{{names.DimensionDestination, names.DimensionSecret}}, telemetry.One(names.MetricSecretMatches, emf.Count, 1))
	doors.Taken{Word: s.Answer, Request: s.Request, Outcome: s.Outcome}.Measure(&m, s.Match.Destination)
	return m
}

// shorten cuts a text to 128 bytes for the log. The text is not signed, so a stranger may have made
// it very long.
func shorten(s string) string { return s[:min(len(s), 128)] }

// printable returns a secret's last characters in a form that a metric dimension accepts.
func printable(hint string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, hint)
}
