package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"masterhand/shared/request/destination"
)

var secretsCommand = command{
	name: "secrets", short: "list destinations and when each of their secrets last matched",
	long: `Of a secret its last four characters are shown. An old one may go once the platform
signs with a newer one and the old one has not matched for a day. A smoke test counts as
a match of the destination's first secret.`,
	define: func(s *session, _ *flag.FlagSet) action {
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			return s.listSecrets(ctx)
		}
	},
}

func (s *session) listSecrets(ctx context.Context) error {
	list, err := s.destinations(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		s.printf("no destinations: nobody is let in; add one with \"ops secret DEST\"\n")
		return nil
	}
	last, err := s.lastMatches(ctx, secretMatches, secretsOf(list))
	unknown := err != nil
	if unknown {
		s.warn("%v", err)
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DESTINATION\tSCHEME\tLIBRARY\tSECRET\tLAST MATCHED")
	for _, d := range list {
		for _, key := range d.Keys {
			when := "unknown"
			if !unknown {
				when = s.ago(last[owned{d.Name, key.Hint()}])
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t…%s\t%s\n", d.Name, d.Scheme, d.Library, key.Hint(), when)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, d := range list {
		s.warnOf(d)
	}
	return nil
}

// destinations reads the list as the functions do.
func (s *session) destinations(ctx context.Context) ([]destination.Destination, error) {
	d, err := s.deployment(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := s.stored(ctx, d.secret)
	if err != nil {
		return nil, err
	}
	return destination.Parse(stored)
}

// ago tells when a secret last matched.
func (s *session) ago(t time.Time) string {
	if t.IsZero() {
		return fmt.Sprintf("not in %d days", int(matchWindow.Hours()/24))
	}
	return fmt.Sprintf("%s (%s ago)", t.UTC().Format("2006-01-02 15:04"), rounded(s.now().Sub(t)))
}

// rounded tells a time span in the one unit that matters.
func rounded(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
