// Command bench measures transfers side by side, on this machine alone: the same
// object, from a source whose single connection is the bottleneck, to a sink that
// hashes. Each contestant runs as processes of its own, so that their time, memory
// and processor use are what the operating system says.
//
//	go run ./infra/bench            # 256 MiB and 2 GiB, and the memory of the largest upload: five minutes
//	go run ./infra/bench -quick     # 256 MiB: three quarters of a minute
//	go run ./infra/bench -size 64   # one size, in MiB
//	go run ./infra/bench --model    # no measurement: what an account does under a day of requests
//
// It exits with 1 if a run failed, delivered other bytes than the object's, or
// missed a target. Nothing is stored: the object is made as it is sent.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"masterhand/infra/bench/model"
	"masterhand/shared/library/masters"
)

const mib = 1 << 20

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the process that measures or, called by that one, a server or a contestant.
func run(args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "source":
			return serve(source(), args[1:])
		case "sink":
			return serve(&sink{}, args[1:])
		case "relay":
			return relay(args[1:])
		}
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "256 MiB only, and fewer contestants")
	size := flags.Int64("size", 0, "one size, in `MiB`, instead of the usual ones")
	runs := flags.Int("runs", 3, "how often ours is run, and io.Copy with the first size; the median counts")
	modelled := flags.Bool("model", false, "print the model of an account instead: limits, waits and costs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *modelled {
		return model.Print(os.Stdout, model.Scenarios()...)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	p := plan{sizes: []int64{256 * mib, 2048 * mib}, largest: masters.MaxUpload, runs: max(1, *runs), quick: *quick}
	if *quick {
		p.sizes, p.largest = p.sizes[:1], 0
	}
	if *size > 0 {
		p.sizes, p.largest = []int64{*size * mib}, 0
	}
	return p.run(ctx, os.Stdout)
}
