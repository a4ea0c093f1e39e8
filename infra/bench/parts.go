package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"masterhand/infra/bench/coldstart"
	"masterhand/infra/bench/lookups"
	"masterhand/infra/bench/requests"
	"masterhand/infra/bench/result"
	"masterhand/infra/local/sim/system"
)

// settings holds the values of the command's flags.
type settings struct {
	command string // the command line that was typed
	store   string // folder in which tables and pictures are stored; "" means that nothing is stored
	long    bool
	quick   bool
	count   int // how many times each transfer is run
}

// measurer measures one part of the benchmark. If long is set, it measures more cases, which takes
// longer.
type measurer func(ctx context.Context, out io.Writer, long bool) ([]result.Row, error)

// part is one part of the benchmark. Either this program measures it with the function in the field
// run, or the transfers program measures it.
type part struct {
	name      string
	run       measurer // nil if the transfers program measures the part
	transfers string   // name of the part in the transfers program; "" if this program measures the part
}

var parts = []part{
	{name: "transfers", transfers: "speed"},
	{name: "card", transfers: "card"},
	{name: "shares", transfers: "shares"},
	{name: "faults", transfers: "faults"},
	{name: "coldstart", run: coldStarts},
	{name: "requests", run: requests.Run},
	{name: "lookups", run: lookups.Run},
}

// coldStarts measures the cold starts of this project's functions.
func coldStarts(ctx context.Context, out io.Writer, _ bool) ([]result.Row, error) {
	root, err := system.Root()
	if err != nil {
		return nil, err
	}
	return coldstart.Run(ctx, out, root, coldstart.Rounds)
}

// measure measures the chosen parts of the benchmark, one after another. It prints the figures of
// each part, and compares them with their targets.
func (s settings) measure(ctx context.Context, chosen []part, out io.Writer) error {
	t, err := buildTransfers(ctx, out, s)
	if err != nil {
		return err
	}
	defer t.remove()
	failed := false
	before, err := t.probe(ctx)
	if err != nil {
		return err
	}
	for _, p := range chosen {
		began := time.Now()
		rows, err := p.measure(ctx, t, out, s)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			rows = append(rows, result.Row{Part: p.name, Name: "the whole part", Failure: err.Error()})
		}
		took := time.Since(began)
		after, err := t.probe(ctx)
		if err != nil {
			return err
		}
		m := result.Measured{
			Name: p.name, Command: s.command, Began: began, Took: took, Rows: rows, Probes: append(before, after...),
			Machine: fmt.Sprintf("%d processors, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version()),
		}
		before = after
		m.Print(out)
		failed = failed || m.Failed()
		if err := s.keep(m); err != nil {
			return err
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

func (p part) measure(ctx context.Context, t transfers, out io.Writer, s settings) ([]result.Row, error) {
	fmt.Fprintf(out, "\n== %s\n", p.name)
	if p.run != nil {
		return p.run(ctx, out, s.long)
	}
	return t.measure(ctx, p.transfers, s.count)
}

// keep writes the table and the pictures of a part into the folder store. If store is "", it writes
// nothing.
func (s settings) keep(m result.Measured) error {
	if s.store == "" {
		return nil
	}
	if err := os.MkdirAll(s.store, 0o755); err != nil {
		return err
	}
	table, err := os.Create(filepath.Join(s.store, m.Name+".md"))
	if err != nil {
		return err
	}
	m.Markdown(table)
	if err := table.Close(); err != nil {
		return err
	}
	for name, picture := range m.Pictures() {
		if err := os.WriteFile(filepath.Join(s.store, name), picture, 0o644); err != nil {
			return err
		}
	}
	return nil
}
