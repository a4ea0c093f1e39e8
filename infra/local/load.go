package main

import (
	"context"
	"errors"
	"flag"
	"os"

	"masterhand/infra/local/load"
	"masterhand/shared/signature"
)

// loadRun starts a system of its own and asks it for masters, hard or for long.
func loadRun(ctx context.Context, args []string) error {
	c := load.Config{Out: os.Stdout}
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	flags.IntVar(&c.Requests, "requests", 1000, "events to send")
	flags.IntVar(&c.AtOnce, "at-once", 200, "events on their way at one time")
	flags.Uint64Var(&c.Seed, "seed", 1, "of the mix of events; the same makes the same")
	flags.DurationVar(&c.For, "for", 0, "send for this long instead of -requests, and watch whether the processes grow")
	flags.Float64Var(&c.Rate, "rate", 0, "events begun in a second; 0 is as many as -at-once allows, and 5 with -for")
	flags.BoolVar(&c.Faults, "faults", false, "let the far side go wrong now and then, and masters be overwritten")
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	if c.Requests <= 0 || c.AtOnce <= 0 || c.For < 0 || c.Rate < 0 {
		return errors.New("flags that are no amounts")
	}
	if c.For > 0 && c.Rate == 0 {
		c.Rate = 5
	}
	running, err := start(ctx, paths{})
	if err != nil {
		return err
	}
	secrets, err := tourSecrets(running.ready.Destinations)
	if err == nil {
		c.Key = secrets.Keys[signature.Outpost]
		c.Unknown, err = secrets.Unknown()
	}
	if err == nil {
		c.System = running.System
		err = load.Run(ctx, c)
	}
	return errors.Join(err, running.stop())
}
