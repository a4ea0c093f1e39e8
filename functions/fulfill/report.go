package main

import (
	"context"
	"log/slog"

	"masterhand/shared/emf"
	"masterhand/shared/names"
	"masterhand/shared/webhook"
)

// reporter writes one line of log and one of metrics for each webhook.
type reporter struct {
	log     *slog.Logger
	metrics *emf.Writer
}

func (r reporter) webhook(ctx context.Context, report webhook.Report) {
	webhook.Log(ctx, r.log, report)
	r.write(webhook.Metrics(report))
}

func (r reporter) loadFailed(err error) {
	r.log.Warn("destinations not loaded", "error", err.Error())
	r.write(emf.Line{Groups: []emf.Group{{
		Dimensions: [][]string{{}},
		Metrics:    []emf.Metric{{Name: names.MetricLoadFailures, Unit: emf.Count, Values: []float64{1}}},
	}}})
}

func (r reporter) write(line emf.Line) {
	if len(line.Groups) == 0 {
		return
	}
	if err := r.metrics.Write(line); err != nil {
		r.log.Warn("metrics not written", "error", err.Error())
	}
}
