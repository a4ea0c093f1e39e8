// Command bench measures masterhand against other ways to do the same work, on this machine
// alone, and compares the figures with their targets:
//
//	go run ./infra/bench                             # every part, in half an hour
//	go run ./infra/bench --only transfers,card       # some parts
//	go run ./infra/bench --long                      # more sizes, larger libraries: hours
//	go run ./infra/bench --quick                     # one size, compared with io.Copy: a minute
//	go run ./infra/bench --store infra/bench/results # also write tables and pictures to this folder
//	go run ./infra/bench --model                     # no measurement: a model of one day
//
// A figure is the median of at least five runs. For a ratio, masterhand and its reference run
// alternately: each pair of runs gives one ratio, and the figure is the median of these ratios.
//
// Before and after each part, the command measures a plain io.Copy several times. If these times
// differ much, other load disturbs the machine. A missed target is then reported as NOISY instead of
// FAIL, unless less than a quarter of the runs met it. The command exits with 1 if a figure fails.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"masterhand/infra/bench/model"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// leastRuns is the smallest number of runs whose median may be stored.
const leastRuns = 5

// errFailed is the error of a run in which at least one figure missed its target or could not be
// measured.
var errFailed = errors.New("a figure failed: see the rows marked FAIL above")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	s := settings{command: strings.Join(append([]string{"go run ./infra/bench"}, args...), " ")}
	flags.BoolVar(&s.long, "long", false, "measure more sizes and larger libraries")
	flags.BoolVar(&s.quick, "quick", false, "measure transfers of one size beside io.Copy alone")
	flags.IntVar(&s.count, "count", leastRuns, "`number` of runs of each transfer, or of pairs of runs")
	flags.StringVar(&s.store, "store", "", "`folder` to write tables and pictures to")
	only := flags.String("only", "", "`names` of the parts to measure, with commas between them: "+strings.Join(names(parts), ", "))
	modelled := flags.Bool("model", false, "print the model of an account instead: limits, waits and costs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("bench takes no arguments (got %q)", flags.Arg(0))
	}
	if s.store != "" && s.count < leastRuns {
		return fmt.Errorf("--store needs a --count of at least %d (got %d): stored figures are medians of so many runs", leastRuns, s.count)
	}
	if *modelled {
		return model.Print(out, model.Scenarios()...)
	}
	chosen, err := choose(parts, *only, s.quick)
	if err != nil {
		return err
	}
	return s.measure(ctx, chosen, out)
}

// choose returns the parts of the benchmark that the flags select. If the flags select none, it
// returns all parts.
func choose(all []part, only string, quick bool) ([]part, error) {
	if only == "" {
		if quick {
			only = all[0].name
		} else {
			return all, nil
		}
	}
	var chosen []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("--only takes %s (got %q)", strings.Join(names(all), ", "), name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func names(parts []part) (list []string) {
	for _, p := range parts {
		list = append(list, p.name)
	}
	return list
}
