// Command transfers measures transfers by different contestants (programs, or pipes of programs) on
// this machine alone. Each contestant moves the same object, from a source behind an emulated link to
// a sink that checks every byte. Each contestant runs as its own processes, so that the operating
// system reports their time, memory and processor use. The source generates the object's bytes while
// it sends them.
//
// The benchmark in the parent folder starts this program. It must stay small, because the kernel
// counts its memory as that of its child processes.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"masterhand/infra/bench/result"
)

const mib = 1 << 20

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "transfers:", err)
		os.Exit(1)
	}
}

// run does one of three things, depending on args: it measures a part of the benchmark, it acts as
// a server, or it acts as a contestant. The process that measures starts this program again for the
// other two.
func run(args []string) error {
	roles := map[string]func([]string) error{
		"source":  func(args []string) error { return serve((&source{}).handler(), args) },
		"sink":    func(args []string) error { return serve((&sink{}).handler(), args) },
		"relay":   relay,
		"within":  within,
		"measure": measureParts,
	}
	if len(args) == 0 || roles[args[0]] == nil {
		return errors.New("this program belongs to the benchmark: run go run ./infra/bench")
	}
	return roles[args[0]](args[1:])
}

// measureParts measures one part of the benchmark and writes the part's rows as JSON to a file.
func measureParts(args []string) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	file := flags.String("rows", "", "file to write the rows to")
	count := flags.Int("count", 5, "number of runs, or of pairs of runs")
	long := flags.Bool("long", false, "every size with every contestant")
	quick := flags.Bool("quick", false, "256 MiB beside io.Copy alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := newBench(ctx, os.Stdout)
	if err != nil {
		return err
	}
	defer b.close()
	p := plan{bench: b, count: *count, long: *long, quick: *quick}
	parts := map[string]func(context.Context) []result.Row{
		"speed": p.speed, "card": p.card, "shares": p.shares, "faults": p.faults, "noise": p.noise,
	}
	part, known := parts[flags.Arg(0)]
	if !known {
		return fmt.Errorf("measure needs the name of a part (got %q)", flags.Arg(0))
	}
	text, err := json.Marshal(part(ctx))
	if err = errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	return os.WriteFile(*file, text, 0o600)
}

// noise measures only the contestant io.Copy, on a link without limits. The spread of the durations
// shows how quiet the machine is.
func (p plan) noise(ctx context.Context) []result.Row {
	row := result.Row{Part: "noise", Name: copyName, Unit: "s"}
	runs, err := repeat(ctx, p.runner(p.copy(), task{link: "free", size: usual, secure: true}), p.count)
	if err != nil {
		row.Failure = err.Error()
	}
	row.Samples = each(runs, wall)
	return []result.Row{row}
}
