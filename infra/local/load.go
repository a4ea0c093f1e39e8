package main

import (
	"context"
	"errors"
	"os"
	"time"

	"masterhand/infra/local/proof/load"
	"masterhand/shared/request/signature"
)

// loadRun starts a system of its own and asks it for masters, hard or for long.
func loadRun(ctx context.Context, args []string) error {
	c := load.Config{Out: os.Stdout}
	flags := newFlags("load", "", "A burst, or a soak, against a system of its own; exits 1 unless every request ended as it\nshould. With -intake, senders announce at once while nobody collects.")
	flags.IntVar(&c.Requests, "requests", 1000, "events to send")
	flags.IntVar(&c.AtOnce, "at-once", 200, "events on their way at one time")
	flags.Uint64Var(&c.Seed, "seed", 1, "of the mix of events; the same makes the same")
	flags.DurationVar(&c.For, "for", 0, "send for this long instead of -requests, and watch whether the processes grow")
	flags.Float64Var(&c.Rate, "rate", 0, "events begun in a second; 0 is as many as -at-once allows, and 5 with -for")
	flags.BoolVar(&c.Faults, "faults", false, "let the far side go wrong now and then, and masters be overwritten")
	announcing := flags.Int("intake", 0, "instead: how many senders announce files at once, while nobody collects")
	if err := parse(flags, args, 0); err != nil {
		return err
	}
	if *announcing > 0 {
		return announceRun(ctx, *announcing)
	}
	if c.Requests <= 0 || c.AtOnce <= 0 || c.For < 0 || c.Rate < 0 {
		return errors.New("flags that are no amounts")
	}
	if c.For > 0 && c.Rate == 0 {
		c.Rate = 5
	}
	here, err := start(ctx, wanted{})
	if err != nil {
		return err
	}
	secrets, err := tourSecrets(here.ready.Destinations)
	if err == nil {
		c.Key = secrets.Keys[signature.Outpost]
		c.Unknown, err = secrets.Unknown()
	}
	if err == nil {
		c.System = here.System
		err = load.Run(ctx, c)
	}
	return errors.Join(err, here.stop())
}

// announceWaves is how often all senders of a run announce once they are warm: for a
// hundred of them, enough for a 99th percentile that is not one answer.
const announceWaves = 5

// announceWithin is what 99 of 100 warm answers are to stay under. The senders wait for
// 10 s and more; a second is what is asked of intake.
const announceWithin = time.Second

// announceRun starts a system that collects nothing and has many senders announce to it.
func announceRun(ctx context.Context, atOnce int) error {
	here, err := start(ctx, wanted{holdCollect: true})
	if err != nil {
		return err
	}
	announcers, err := announcers(here.ready)
	if err == nil {
		err = load.Announce(ctx, load.AnnounceConfig{
			System: here.System, Senders: announcers, Out: os.Stdout, AtOnce: atOnce, Waves: announceWaves, Within: announceWithin,
		})
	}
	return errors.Join(err, here.stop())
}
