package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
)

var secretDropCommand = command{
	name: "secret-drop", args: "DEST LAST4 [-force]", short: "take a secret out of a destination, by its last four characters",
	long: `Refuses the last secret, and one that let a webhook in within the last day: after a
rotation the platform may go on signing with the old secret, past the end it announces,
until it has been quiet for a minute.`,
	define: func(s *session, flags *flag.FlagSet) action {
		force := flags.Bool("force", false, "even if it matched within the last day, or if that is not known")
		return func(ctx context.Context, args []string) error {
			if len(args) != 2 {
				return fmt.Errorf("%w: name a destination and the last four characters of its secret", errUsage)
			}
			return s.dropSecret(ctx, args[0], strings.TrimPrefix(args[1], "…"), *force)
		}
	},
}

var errInUse = errors.New("it matched within the last day (-force drops it all the same)")

func (s *session) dropSecret(ctx context.Context, name, hint string, force bool) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	r, err := s.roster(ctx, d)
	if err != nil {
		return err
	}
	if err := r.drop(name, hint); err != nil {
		return err
	}
	if err := s.checkUnused(ctx, secretMatches, owned{name, hint}); err != nil && !force {
		return err
	}
	encoded, list, err := r.encode()
	if err != nil {
		return err
	}
	if err := s.store(ctx, d.secret, encoded); err != nil {
		return err
	}
	s.printf("%s: secret …%s dropped, %d left\n", name, hint, len(named(list, name).Keys))
	return nil
}

// checkUnused refuses a secret that may still be in use.
func (s *session) checkUnused(ctx context.Context, c counter, o owned) error {
	last, err := s.lastMatches(ctx, c, []owned{o})
	if err != nil {
		return fmt.Errorf("%w (-force drops it all the same)", err)
	}
	if t, matched := last[o]; matched && s.now().Sub(t) < recently {
		return fmt.Errorf("%w: %s", errInUse, s.ago(t))
	}
	return nil
}
