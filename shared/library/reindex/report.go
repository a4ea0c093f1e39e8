package reindex

import (
	"context"
	"log/slog"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
)

// ReportUnbuilt reports the libraries that are not completely indexed by their present rules. It
// writes the metric even if there are none, because a missing metric means that the check did not
// run. A library that waits for its operator has its own metric, and the alarm on that metric
// starts at once.
func ReportUnbuilt(ctx context.Context, to telemetry.Reporter, unbuilt []Unbuilt, err error) {
	for _, u := range unbuilt {
		if u.Waits == "" {
			to.Log.LogAttrs(ctx, slog.LevelWarn, "library not indexed whole", slog.String("library", u.Library))
			continue
		}
		to.Log.LogAttrs(ctx, slog.LevelWarn, "library waits for masterhand reindex", slog.String("library", u.Library), slog.String("why", u.Waits))
		var m telemetry.Measures
		m.CountBy(names.MetricWaiting, names.DimensionLibrary, u.Library)
		to.Measure(ctx, m)
	}
	if err != nil {
		to.Log.LogAttrs(ctx, slog.LevelWarn, "looking after the libraries", slog.String("error", err.Error()))
	}
	var m telemetry.Measures
	m.Add(telemetry.One(names.MetricUnbuilt, emf.Count, float64(len(unbuilt))))
	to.Measure(ctx, m)
}
