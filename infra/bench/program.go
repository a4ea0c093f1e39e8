package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"masterhand/infra/bench/result"
)

// transfers is the built program that measures transfers. It is a separate program because it must
// be small: until a new process has loaded its program, the kernel counts the memory of its parent
// as its own.
type transfers struct {
	dir   string // folder that contains only the program
	out   io.Writer
	long  bool
	quick bool
}

// buildTransfers builds the program transfers into a new folder. The caller must call the method
// remove when the program is no longer needed.
func buildTransfers(ctx context.Context, out io.Writer, s settings) (transfers, error) {
	dir, err := os.MkdirTemp("", "masterhand-bench-")
	if err != nil {
		return transfers{}, err
	}
	t := transfers{dir: dir, out: out, long: s.long, quick: s.quick}
	// Build the program in the same way as the functions: without cgo and without debug tables.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", t.program(), "masterhand/infra/bench/transfers")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.remove()
		return t, fmt.Errorf("building the program for transfers: %w: %s", err, said)
	}
	return t, nil
}

func (t transfers) program() string { return filepath.Join(t.dir, "transfers") }

// remove removes the program's folder.
func (t transfers) remove() { _ = os.RemoveAll(t.dir) }

// measure runs the program transfers, which measures one part of the benchmark. It returns the rows
// of that part.
func (t transfers) measure(ctx context.Context, part string, count int) (rows []result.Row, err error) {
	file := filepath.Join(t.dir, "rows.json")
	cmd := exec.CommandContext(ctx, t.program(), "measure", "-rows", file, "-count", strconv.Itoa(count),
		"-long="+strconv.FormatBool(t.long), "-quick="+strconv.FormatBool(t.quick), part)
	cmd.Stdout, cmd.Stderr = t.out, os.Stderr
	// the program is stopped by an interrupt and not killed, so that it can remove its files
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("measuring transfers: %w", err)
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	return rows, err
}

// probes is how many times io.Copy is run before each part; it is run as many times after the part.
const probes = 3

// probe measures some runs of io.Copy, and returns their durations in seconds.
func (t transfers) probe(ctx context.Context) ([]float64, error) {
	fmt.Fprintln(t.out, "\nio.Copy unthrottled, to see how quiet the machine is")
	rows, err := t.measure(ctx, "noise", probes)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || rows[0].Failure != "" {
		return nil, fmt.Errorf("probing the machine: %+v", rows)
	}
	return rows[0].Samples, nil
}
