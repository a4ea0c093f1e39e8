package reindex

import (
	"context"
	"log/slog"

	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/telemetry"
)

// ReportUnbuilt reports the libraries that are not indexed whole by their present rules.
// It writes the metric even for none: a check that writes nothing has not run.
func ReportUnbuilt(ctx context.Context, to telemetry.Reporter, unbuilt []string, err error) {
	for _, name := range unbuilt {
		to.Log.LogAttrs(ctx, slog.LevelWarn, "library not indexed whole", slog.String("library", name))
	}
	if err != nil {
		to.Log.LogAttrs(ctx, slog.LevelWarn, "looking after the libraries", slog.String("error", err.Error()))
	}
	var m telemetry.Measures
	m.Add(telemetry.One(names.MetricUnbuilt, emf.Count, float64(len(unbuilt))))
	to.Measure(m)
}
