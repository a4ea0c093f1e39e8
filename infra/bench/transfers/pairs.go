package main

import (
	"context"
	"fmt"

	"masterhand/infra/bench/result"
)

// runner is a program with its name. Each call of the field run runs the program once and measures
// it.
type runner struct {
	name string
	run  func(context.Context) (measurement, error)
}

// runner returns a runner that lets the contestant do the task once per call.
func (b *bench) runner(c contestant, t task) runner {
	return runner{c.name, func(ctx context.Context) (measurement, error) { return b.once(ctx, c, t) }}
}

// pairs holds the measurements of two runners. They ran alternately, so that a disturbance of the
// machine affects both.
type pairs struct {
	reference, ours []measurement
}

// inTurn calls the runners reference and ours alternately, count times each. It returns the
// measurements.
func inTurn(ctx context.Context, reference, ours runner, count int) (pairs, error) {
	var p pairs
	for range count {
		of, err := repeat(ctx, reference, 1)
		if err != nil {
			return p, err
		}
		mine, err := repeat(ctx, ours, 1)
		if err != nil {
			return p, err
		}
		p.reference, p.ours = append(p.reference, of...), append(p.ours, mine...)
	}
	return p, nil
}

// repeat calls the runner r count times and returns the measurements.
func repeat(ctx context.Context, r runner, count int) ([]measurement, error) {
	var runs []measurement
	for range count {
		m, err := r.run(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		runs = append(runs, m)
	}
	return runs, nil
}

// wall returns the duration of a run in seconds.
func wall(m measurement) float64 { return m.wall.Seconds() }

// cpu returns the processor time of a run in seconds.
func cpu(m measurement) float64 { return m.cpu.Seconds() }

// memory returns the peak memory of a run in MiB.
func memory(m measurement) float64 { return float64(m.memory) / mib }

// oursOver returns one ratio for each pair of runs: masterhand's figure divided by the reference's
// figure.
func (p pairs) oursOver(figure func(measurement) float64) []float64 {
	return quotients(p.ours, p.reference, figure)
}

// referenceOver returns one ratio for each pair of runs: the reference's figure divided by
// masterhand's figure.
func (p pairs) referenceOver(figure func(measurement) float64) []float64 {
	return quotients(p.reference, p.ours, figure)
}

func quotients(over, under []measurement, figure func(measurement) float64) []float64 {
	samples := make([]float64, len(over))
	for i := range samples {
		samples[i] = figure(over[i]) / figure(under[i])
	}
	return samples
}

// each calls the function figure for the measurement of each run and returns the results.
func each(runs []measurement, figure func(measurement) float64) []float64 {
	samples := make([]float64, len(runs))
	for i, m := range runs {
		samples[i] = figure(m)
	}
	return samples
}

// largest returns the largest memory peak, in MiB, of the given runs of a contestant.
func largest(runs []measurement) float64 {
	var peak float64
	for _, m := range runs {
		peak = max(peak, memory(m))
	}
	return peak
}

// figures returns rows with the absolute figures of the given runs of one program. Each run moved
// or hashed an object of the given size.
func figures(part, name string, size int64, runs []measurement) []result.Row {
	rate := func(m measurement) float64 { return float64(size) / 1e6 / wall(m) }
	return []result.Row{
		{Part: part, Name: name, Unit: "MB/s", Samples: each(runs, rate)},
		{Part: part, Name: name, Unit: "MiB of memory", Samples: each(runs, memory)},
		{Part: part, Name: name, Unit: "s of CPU", Samples: each(runs, cpu)},
	}
}
