package doors

import (
	"context"
	"errors"
	"log/slog"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
)

// Measure adds the metrics of the event that t describes. The parameter d is the event's
// destination.
func (t Taken) Measure(m *telemetry.Measures, d *destination.Destination) {
	if t.Word == Malformed {
		m.Count(names.MetricMalformed)
	}
	if t.Outcome.Status == fulfillment.Delivered && !t.Outcome.Repeated && !d.Pinned() {
		m.Property("UploadHost", t.Request.UploadURL.Host())
		m.Count(names.MetricUnpinned)
	}
	t.Outcome.Measure(m)
}

// The reasons why a message could not be handled. After reasonGone the message is given up. After
// any other reason the message comes again.
const (
	reasonDestination = "no_destination" // the list of destinations lacks the door's destination
	reasonLibrary     = "no_library"     // the library of the door's destination is not configured
	reasonGone        = "gone"           // the object was deleted before it was read
	reasonFailure     = "failure"        // a service failed, or the message is not an event
)

// reason returns the constant that says why the message could not be handled: reasonDestination,
// reasonLibrary, reasonGone or reasonFailure. If none of them applies, reason returns "".
func (r Received) reason() string {
	switch {
	case r.Word == Gone:
		return reasonGone
	case r.Word != Unavailable:
		return ""
	case errors.Is(r.Err, destination.ErrUnlisted):
		return reasonDestination
	case errors.Is(r.Err, errUnknownLibrary):
		return reasonLibrary
	}
	return reasonFailure
}

// Report writes a log line and the metrics of a receipt.
func (r Received) Report(ctx context.Context, to telemetry.Reporter) {
	level := slog.LevelInfo
	if r.reason() != "" || r.Err != nil && r.Word != Malformed {
		level = slog.LevelWarn
	}
	to.Log.LogAttrs(ctx, level, "door", r.attrs()...)
	to.Measure(ctx, r.measures())
}

func (r Received) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("outcome", r.Word), slog.String("door", string(r.Message.Door)),
		slog.Int("bytes_in", r.Size), telemetry.Millis("took_ms", r.Duration),
		slog.Int("receives", r.Message.Receives), telemetry.Millis("rest_ms", r.Delay),
	}
	if r.Match.Destination != nil {
		attrs = append(attrs, slog.String("destination", r.Match.Destination.Name))
	}
	attrs = append(attrs, telemetry.Text("topic", shorten(r.Metadata.Topic)), telemetry.Text("event", shorten(r.Metadata.EventID)),
		slog.String("class", r.Class.String()))
	if r.Class == platform.Requested {
		attrs = append(attrs, fulfillment.RequestAttrs(r.Request)...)
	}
	return telemetry.WithError(append(attrs, r.Outcome.Attrs()...), r.Err)
}

func (r Received) measures() (m telemetry.Measures) {
	if reason := r.reason(); reason != "" {
		m.CountBy(names.MetricDoorFailures, names.DimensionReason, reason)
	}
	if r.Match.Destination == nil {
		return m
	}
	if r.Delay == 0 {
		m.CountBy(names.MetricRequests, names.DimensionOutcome, r.Word)
		m.Property(names.DimensionDoor, string(r.Message.Door))
		m.AddBy(telemetry.One(names.MetricDoorEvents, emf.Count, 1), names.DimensionDoor)
	}
	r.Measure(&m, r.Match.Destination)
	return m
}

// shorten cuts a text for a log line. The text is not signed, so it may have any length.
func shorten(s string) string { return s[:min(len(s), 128)] }
