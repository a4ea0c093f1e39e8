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

// transfers is the program that measures transfers. It is a separate process, because the kernel
// counts the memory of the process that starts a contestant as the contestant's.
type transfers struct {
	dir   string // the folder of the program
	out   io.Writer
	long  bool
	quick bool
}

// buildTransfers builds the program. The caller must remove it.
func buildTransfers(ctx context.Context, out io.Writer, s settings) (transfers, error) {
	dir, err := os.MkdirTemp("", "masterhand-bench-")
	if err != nil {
		return transfers{}, err
	}
	t := transfers{dir: dir, out: out, long: s.long, quick: s.quick}
	// Build it as the functions are built: without cgo, and without debug tables.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", t.program(), "masterhand/infra/bench/transfers")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.remove()
		return t, fmt.Errorf("building the program for transfers: %w: %s", err, said)
	}
	return t, nil
}

func (t transfers) program() string { return filepath.Join(t.dir, "transfers") }

// remove removes the program.
func (t transfers) remove() { _ = os.RemoveAll(t.dir) }

// measure runs one part of the program and returns its rows.
func (t transfers) measure(ctx context.Context, part string, count int) (rows []result.Row, err error) {
	file := filepath.Join(t.dir, "rows.json")
	cmd := exec.CommandContext(ctx, t.program(), "measure", "-rows", file, "-count", strconv.Itoa(count),
		"-long="+strconv.FormatBool(t.long), "-quick="+strconv.FormatBool(t.quick), part)
	cmd.Stdout, cmd.Stderr = t.out, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // an interrupt lets the program remove its files
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("measuring transfers: %w", err)
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	return rows, err
}

// probes is the number of runs of io.Copy before and after each part.
const probes = 3

// probe returns the times of some runs of io.Copy, in seconds.
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
