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
		Use: "demo", Short: "A guided tour through a system of its own", Args: takesNone,
		Long:    "Starts a system, and takes a guided tour through it. Exits 1 if an event does\nnot end as it must.",
		Example: examples("demo", "demo --size 0"),
		RunE:    untilOrphaned(func(ctx context.Context, _ []string) error { return s.demo(ctx, int64(megabytes)<<20) }),
	}
	within(c, &megabytes, "size", 300, 0, 0, "size in `MB` of the large master that is made on the fly; 0 leaves it out")
	s.withJSON(c, "the result as one line of JSON, and the tour on standard error")
	return c
}

// demo starts a system and takes the tour through it.
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
  %s   a system of your own, with the sample masters
  %s   in another terminal: have the platform ask it for a film
  %s   what your own files' names become, without AWS
`, typed("up"), typed("send requested-exact"), typed("names < keys.txt"))
	}
	return err
}

// tourSecrets returns a secret of each scheme.
func tourSecrets(at running.System) (tour.Secrets, error) {
	secrets := tour.Secrets{Keys: map[signature.Scheme]signature.Key{}, Unknown: running.UnknownKey}
	list, err := at.LoadDestinations()
	for _, d := range list {
		secrets.Keys[d.Scheme] = d.Keys[0]
	}
	return secrets, err
}
