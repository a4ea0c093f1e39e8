package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"masterhand/infra/local/proof/tour"
	"masterhand/infra/local/running"
	"masterhand/shared/request/signature"
)

func demoCommand(s *session) *cobra.Command {
	var megabytes int
	c := &cobra.Command{
		Use: "demo", Short: "Start a system and give a guided tour of it", Args: takesNone,
		Long:    "Starts a system and gives a guided tour of it. The exit code is 1 if an event\ndoes not end with the expected outcome.",
		Example: examples("demo", "demo --size 0"),
		RunE:    untilOrphaned(func(ctx context.Context, _ []string) error { return s.demo(ctx, int64(megabytes)<<20) }),
	}
	within(c, &megabytes, "size", 300, 0, 0, "size in `MB` of the large master that the tour makes; 0 leaves it out")
	s.withJSON(c, "the result as one line of JSON; the tour goes to standard error")
	return c
}

// demo starts a system, runs the guided tour on it, and prints what the user can try next.
func (s *session) demo(ctx context.Context, size int64) error {
	err := s.withSystem(ctx, running.Config{}, func(started *running.Started) error {
		secrets, err := tourSecrets(started.Ready)
		announcers, unusable := started.Ready.Announcers()
		if err := errors.Join(err, unusable); err != nil {
			return err
		}
		result, err := tour.Run(ctx, tour.Config{
			System: started.System, Secrets: secrets, Senders: announcers, Out: s.story(), Terminal: s.Width > 0 && !s.asJSON, BigSize: size,
		})
		return showResult(ctx, s, result, err)
	})
	if err == nil {
		fmt.Fprintf(s.story(), `
Try next:
  %s   starts a system with the sample masters
  %s   in another terminal: the platform requests a film from it
  %s   shows where your own files' names place them, without AWS
`, typed("up"), typed("send requested-exact"), typed("names < keys.txt"))
	}
	return err
}

// tourSecrets returns one signing secret of the system for each signature scheme.
func tourSecrets(at running.System) (tour.Secrets, error) {
	secrets := tour.Secrets{Keys: map[signature.Scheme]signature.Key{}, Unknown: running.UnknownKey}
	list, err := at.LoadDestinations()
	for _, d := range list {
		secrets.Keys[d.Scheme] = d.Keys[0]
	}
	return secrets, err
}
