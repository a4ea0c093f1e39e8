// Package coldstart measures cold starts: the time from a function's exec until it first asks the
// runtime API for work. It compares each function with two references, built with the same flags:
// an empty bootstrap, and a bootstrap that only constructs the SDK clients of that function. It
// also measures the sizes of the programs.
//
//	rows, err := coldstart.Run(ctx, os.Stdout, root, coldstart.Rounds)
package coldstart

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"masterhand/infra/bench/result"
)

// Rounds is how many times each program is started. Fewer starts give a median that changes by a tenth
// from run to run.
const Rounds = 101

// The targets of the benchmark. mostOfClients limits a function's start time, divided by the start
// time of a program that only constructs the function's SDK clients. mostOfEmpty limits a
// function's start time, divided by that of an empty program. mostMiB limits the size of a
// function's program.
const (
	mostOfClients = 1.25
	mostOfEmpty   = 2.2
	mostMiB       = 10
)

// part is the value of the field Part in all rows that this package returns.
const part = "cold start"

// deployed is the processor architecture for which the deployed functions are built.
const deployed = "arm64"

// Run builds the functions and the references of the project in the folder root. It starts each of
// them once in each round, and returns the rows. It prints its progress to out. If a function does
// not start, the field Failure of its rows says why. Run returns an error only if nothing could be
// measured.
func Run(ctx context.Context, out io.Writer, root string, rounds int) ([]result.Row, error) {
	dir, err := os.MkdirTemp("", "masterhand-coldstart-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Fprintln(out, "cold start: building the functions and their references (minutes, the first time)")
	if err := buildAll(ctx, root, dir); err != nil {
		return nil, err
	}
	fmt.Fprintf(out, "cold start: %d rounds of %d starts\n", rounds, 3*len(functions))
	rows, err := starts(ctx, dir, rounds)
	if err != nil {
		return nil, err
	}
	sizes, err := sizes(filepath.Join(dir, deployed))
	return append(rows, sizes...), err
}

// starts measures the start times. It returns three rows for each function: the time in
// milliseconds, and the ratio to each of the two references.
func starts(ctx context.Context, dir string, rounds int) ([]result.Row, error) {
	l, err := newLauncher(ctx)
	if err != nil {
		return nil, err
	}
	defer l.close()
	all := make([]measured, len(functions))
	for round := range rounds + 1 {
		for i, f := range functions {
			m, err := l.measure(ctx, dir, f)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			switch {
			case err != nil:
				all[i].failure = err.Error()
			case round > 0: // the first round is not counted, because it only fills the operating system's caches
				all[i].add(m)
			}
		}
	}
	var rows []result.Row
	for i, f := range functions {
		rows = append(rows, all[i].rows(f.name)...)
	}
	return rows, nil
}

// run holds the start times of a function and of its two references in one round.
type run struct{ function, clients, empty time.Duration }

// measure starts the function and its two references, one after another, and returns their start
// times.
func (l *launcher) measure(ctx context.Context, dir string, f function) (m run, err error) {
	for _, p := range []struct {
		path string
		took *time.Duration
	}{
		{filepath.Join(dir, "reference", "empty"), &m.empty},
		{filepath.Join(dir, "reference", f.reference), &m.clients},
		{filepath.Join(dir, runtime.GOARCH, f.name), &m.function},
	} {
		if *p.took, err = l.start(ctx, p.path); err != nil {
			return m, fmt.Errorf("%s: %w", filepath.Base(p.path), err)
		}
	}
	return m, nil
}

// measured holds the figures of one function. Each slice has one figure for each round.
type measured struct {
	times, ofClients, ofEmpty []float64
	failure                   string
}

func (m *measured) add(r run) {
	m.times = append(m.times, float64(r.function)/float64(time.Millisecond))
	m.ofClients = append(m.ofClients, float64(r.function)/float64(r.clients))
	m.ofEmpty = append(m.ofEmpty, float64(r.function)/float64(r.empty))
}

func (m *measured) rows(name string) []result.Row {
	rows := []result.Row{
		{Name: name + ", exec to the first request for work", Unit: "ms", Samples: m.times},
		{Name: name + " against its SDK clients", Unit: "×", Samples: m.ofClients, Target: result.Target{Most: mostOfClients}},
		{Name: name + " against an empty bootstrap", Unit: "×", Samples: m.ofEmpty, Target: result.Target{Most: mostOfEmpty}},
	}
	for i := range rows {
		rows[i].Part = part
		if m.failure != "" {
			rows[i].Samples, rows[i].Failure = nil, m.failure
		}
	}
	return rows
}

// sizes returns one row for the size of each program in a folder.
func sizes(folder string) (rows []result.Row, err error) {
	for _, f := range functions {
		info, err := os.Stat(filepath.Join(folder, f.name))
		if err != nil {
			return nil, err
		}
		rows = append(rows, result.Row{
			Part: part, Name: f.name + ", program for " + deployed, Unit: "MiB",
			Samples: []float64{float64(info.Size()) / (1 << 20)}, Target: result.Target{Most: mostMiB},
		})
	}
	return rows, nil
}
