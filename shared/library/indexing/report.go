package indexing

import (
	"context"
	"log/slog"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
)

// ReportFiled logs a key whose object could not be read or whose document is full, and counts the
// key in a metric.
func ReportFiled(ctx context.Context, to telemetry.Reporter, r Result) {
	to.Log.LogAttrs(ctx, slog.LevelWarn, "unreadable", telemetry.Text("key", r.Key), slog.String("version", r.Master.VersionID),
		telemetry.Text("reason", r.Unread), telemetry.Text("unplaced", r.Unplaced))
	var m telemetry.Measures
	m.Count(names.MetricUnreadable)
	to.Measure(ctx, m)
}
