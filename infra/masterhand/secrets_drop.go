package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func secretDropCommand(s *session) *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use: "secret-drop DEST LAST4", Short: "Remove a secret from a destination, by its last four characters",
		Args: takes(2, 2, "a destination and the last four characters of its secret"),
		Long: `Removes a secret from a destination. The command does not remove a destination's last secret, nor a secret that matched
within the last day: after a rotation, the platform may sign with the old secret
beyond the end that it announces, until it has sent nothing for a minute.`,
		Example: examples("secret-drop acme 1a2b"),
		RunE: func(c *cobra.Command, args []string) error {
			s.localOnlyIfGiven = true
			return s.dropSecret(c.Context(), args[0], strings.TrimPrefix(args[1], "…"), force)
		},
	}
	c.Flags().BoolVar(&force, "force", false, "remove the secret even if it matched within the last day, or if that is unknown")
	return c
}

var errInUse = errors.New("it matched within the last day, so it may be in use (--force drops it anyway)")

func (s *session) dropSecret(ctx context.Context, name, hint string, force bool) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	r, err := s.destinationList(ctx, d)
	if err != nil {
		return err
	}
	if err := r.drop(name, hint); err != nil {
		return err
	}
	if err := s.checkUnused(ctx, secretMatches, owned{name, hint}); err != nil && !force {
		return err
	}
	list, err := s.storeDestinations(ctx, d, r)
	if err != nil {
		return err
	}
	s.printf("%s: secret …%s dropped, %d left\n", name, hint, len(named(list, name).Keys))
	return nil
}

// checkUnused returns an error if a secret matched a webhook within the last day, because it may
// then still be in use. It returns an error too if the time of the last match is unknown.
func (s *session) checkUnused(ctx context.Context, c counter, o owned) error {
	last, err := s.lastMatches(ctx, c, []owned{o})
	if err != nil {
		return fmt.Errorf("%w (--force drops it anyway)", err)
	}
	if t, matched := last[o]; matched && s.now().Sub(t) < recently {
		return fmt.Errorf("%w: %s", errInUse, s.ago(t))
	}
	return nil
}
