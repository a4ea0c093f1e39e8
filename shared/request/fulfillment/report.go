package fulfillment

import (
	"context"
	"log/slog"
	"strings"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// RequestAttrs returns the log attributes of a request, or nil if no request was read.
func RequestAttrs(r platform.Request) []slog.Attr {
	if r.CompleteURL.IsZero() {
		return nil
	}
	return []slog.Attr{
		slog.String("request", r.ID()), telemetry.Text("slot", r.Slot.String()), slog.String("upload_host", r.UploadURL.Host()),
	}
}

// Attrs returns the log attributes of an outcome. Only the run that ended a request logs the
// attribute "ended".
func (o Outcome) Attrs() []slog.Attr {
	if o.Status == "" {
		return nil
	}
	attrs := []slog.Attr{
		slog.String("code", o.Code), telemetry.Text("reason", o.reason()), telemetry.Text("detail", o.Detail),
		slog.Bool("repeated", o.Repeated), slog.Bool("unconfirmed", o.Unconfirmed),
		telemetry.Text("master", o.Decision.Key), telemetry.Text("skip", o.Decision.Skip), slog.String("sha256", o.SHA256),
		slog.Int64("bytes_out", o.Bytes), telemetry.Millis("transfer_ms", o.Elapsed), telemetry.Millis("left_ms", o.Remaining),
		telemetry.Millis("waited_ms", o.Waited), slog.Int("attempt", o.Attempt),
	}
	if o.Host != "" {
		attrs = append(attrs, slog.String("host", o.Host))
	}
	if o.Unnamed != nil {
		attrs = append(attrs, telemetry.Text("names_not_kept", o.Unnamed.Error()))
	}
	if o.Request != "" {
		attrs = append(attrs, slog.String("request", o.Request), telemetry.Text("slot", o.Slot))
	}
	if o.Ended != "" {
		attrs = append(attrs, slog.String("ended", string(o.Ended)))
	}
	return attrs
}

// reason returns the outcome's code. For a skip, it returns the skip's reason up to the first
// colon, such as "no_match" for "no_match:creative".
func (o Outcome) reason() string {
	if o.Status != Skipped {
		return o.Code
	}
	reason, _, _ := strings.Cut(o.Decision.Skip, ":")
	return reason
}

// Measure adds the metrics of an outcome. A repeated outcome adds no metrics, because the run that
// first had the outcome added them.
func (o Outcome) Measure(m *telemetry.Measures) {
	if o.Code == CodeOtherLibrary {
		m.Count(names.MetricGaveWay)
	}
	if o.Host != "" {
		m.CountBy(names.MetricHostNotConfigured, names.DimensionHost, o.Host)
	}
	switch {
	case o.Repeated:
	case o.Status == Conflict:
		m.Count(names.MetricConflicts)
	case o.Status == Accepted:
		m.CountBy(names.MetricHandOffs, names.DimensionReason, o.reason())
	case o.Status == Held && o.Code == CodeLost:
		m.Count(names.MetricLeaseLosses)
	case o.Status == Skipped:
		m.CountBy(names.MetricSkips, names.DimensionReason, o.reason())
	case o.Status == Failed:
		m.CountBy(names.MetricFailures, names.DimensionReason, o.reason())
	case o.Status == Recorded, o.Status == Unknown:
		m.CountBy(names.MetricResults, names.DimensionReason, o.reason())
	case o.Status == Delivered:
		o.measureDelivery(m)
	}
}

func (o Outcome) measureDelivery(m *telemetry.Measures) {
	list := []emf.Metric{telemetry.One(names.MetricTimeLeft, emf.Seconds, o.Remaining.Seconds())}
	if o.Bytes > 0 && o.Elapsed > 0 {
		list = append(list, telemetry.One(names.MetricDeliveredBytes, emf.Bytes, float64(o.Bytes)),
			telemetry.One(names.MetricThroughput, emf.BytesPerSecond, float64(o.Bytes)/o.Elapsed.Seconds()))
	}
	m.Add(list...)
	if o.ETagDiffers {
		m.Count(names.MetricETagDiffers)
	}
}

// ReportSweep reports the requests that a sweep expired. It writes the metric even if there are no
// such requests, because a missing metric means that the sweep did not run.
func ReportSweep(ctx context.Context, to telemetry.Reporter, expired []ledger.Item, err error) {
	for _, i := range expired {
		to.Log.LogAttrs(ctx, slog.LevelWarn, "overdue",
			slog.String("outcome", string(Expired)), slog.String("request", i.ID), slog.String("slot", i.Slot), slog.String("target", i.Target),
			slog.String("destination", i.Destination), slog.String("code", i.Code), slog.String("reason", i.Code), telemetry.Text("detail", i.Detail),
			telemetry.Millis("waited_ms", i.UpdatedAt.Sub(i.ReceivedAt)), slog.Int("attempt", i.Attempts), slog.String("ended", string(Expired)))
	}
	var m telemetry.Measures
	m.Add(telemetry.One(names.MetricOverdue, emf.Count, float64(len(expired))))
	to.Measure(ctx, m)
	if err != nil {
		to.Log.LogAttrs(ctx, slog.LevelWarn, "sweep", telemetry.Text("error", err.Error()))
	}
}
