package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	loadtest "masterhand/infra/local/proof/load"
	"masterhand/infra/local/running"
	"masterhand/shared/request/signature"
)

func loadCommand(s *session) *cobra.Command {
	config := loadtest.Config{}
	senders := 0
	c := &cobra.Command{
		Use: "load", Short: "Start a system and send it a burst of requests, or hours of them", Args: takesNone,
		Long: `Starts a system and sends it a burst of events, or events for a long time.
The exit code is 1 unless every request ends with the expected outcome. With
--intake, many senders announce files at once, and the function that fetches the
files does not run. Then the exit code is 1 unless each announcement is accepted
at its first attempt and stored, and 99 of 100 warm answers take less than a
second.`,
		Example: examples("load --requests 200 --at-once 50", "load --for 10m --faults", "load --intake 100"),
		RunE: untilOrphaned(func(ctx context.Context, _ []string) error {
			if config.For < 0 || config.Rate < 0 {
				return fmt.Errorf("%w: --for and --rate must not be below 0", errUsage)
			}
			if senders > 0 {
				return s.loadIntake(ctx, senders)
			}
			return s.loadRequests(ctx, config)
		}),
	}
	flags := c.Flags()
	within(c, &config.Requests, "requests", 1000, 1, 0, "`number` of events to send")
	within(c, &config.AtOnce, "at-once", 200, 1, 0, "largest `number` of events in flight at one time")
	flags.Uint64Var(&config.Seed, "seed", 1, "`number` that decides the mix of events; the same number makes the same mix")
	flags.DurationVar(&config.For, "for", 0, "send for this `time` instead of a number of --requests, and watch the processes' memory")
	flags.Float64Var(&config.Rate, "rate", 0, "`number` of events that begin in each second; 0 means as many as --at-once allows, or 5 with --for")
	flags.BoolVar(&config.Faults, "faults", false, "make the platform fail at times, and overwrite masters")
	within(c, &senders, "intake", 0, 0, 0, "`number` of senders that announce files at once, instead of requests")
	s.withJSON(c, "the result as one line of JSON; the progress goes to standard error")
	return c
}

// loadRequests starts a system, sends events to it, and checks the outcome of each request.
func (s *session) loadRequests(ctx context.Context, c loadtest.Config) error {
	if c.For > 0 && c.Rate == 0 {
		c.Rate = 5
	}
	return s.withSystem(ctx, running.Config{}, func(started *running.Started) error {
		d, err := started.Ready.Destination(string(signature.Outpost))
		unknown, noKey := running.UnknownKey()
		if err := errors.Join(err, noKey); err != nil {
			return err
		}
		c.System, c.Key, c.Unknown, c.Out = started.System, d.Keys[0], unknown, s.story()
		result, err := loadtest.Run(ctx, c)
		return showResult(ctx, s, result, err)
	})
}

const (
	// announceWaves is how many times all senders announce at once after the functions are warm.
	// With 100 senders this gives 500 answers. The slowest 1 % are then several answers, so that one
	// slow answer alone does not fail the test.
	announceWaves = 5
	// announceWithin is the limit for the 99th percentile of the answer times after the functions
	// are warm. The function intake must answer within one second; a sender gives up after 10 s or
	// more.
	announceWithin = time.Second
)

// loadIntake starts a system that downloads no announced files. Then many senders send
// announcements to the system at the same time. The parameter atOnce is the number of senders.
func (s *session) loadIntake(ctx context.Context, atOnce int) error {
	return s.withSystem(ctx, running.Config{HoldCollect: true}, func(started *running.Started) error {
		announcers, err := started.Ready.Announcers()
		if err != nil {
			return err
		}
		result, err := loadtest.Announce(ctx, loadtest.AnnounceConfig{
			System: started.System, Senders: announcers, Out: s.story(), AtOnce: atOnce, Waves: announceWaves, Within: announceWithin,
		})
		return showResult(ctx, s, result, err)
	})
}

// withSystem starts a system, calls use with it, and stops it.
func (s *session) withSystem(ctx context.Context, c running.Config, use func(*running.Started) error) error {
	c.Progress = s.err
	started, err := running.Start(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(use(started), started.Stop())
}

// story returns the writer for text that is meant for people. It is standard error if --json is
// given, and otherwise standard output.
func (s *session) story() io.Writer {
	if s.asJSON {
		return s.err
	}
	return s.Out
}

// showResult prints a result as JSON if --json is given and result is not nil. Without --json it
// prints nothing, because the command has already printed the text.
func showResult[R any](ctx context.Context, s *session, result *R, err error) error {
	if s.asJSON && result != nil {
		err = errors.Join(err, s.JSON(*result))
	}
	if errors.Is(err, loadtest.ErrInterrupted) && ctx.Err() != nil {
		fmt.Fprintln(s.err, err)
		return context.Canceled
	}
	return err
}
