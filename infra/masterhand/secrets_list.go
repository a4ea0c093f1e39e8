package main

import (
	"context"
	"fmt"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"

	"github.com/spf13/cobra"
)

func secretsCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use: "secrets", Short: "List destinations, and when each of their secrets last matched", Args: takesNone,
		Long: `Lists the destinations, and when each of their secrets last matched, that is, let an
event in. The command shows only the last four characters of a secret. You may drop an old
secret once the platform signs with a newer one and the old one has not matched for
a day. A run of "` + typed("smoke") + `" counts as a match of the destination's first
secret.`,
		Example: examples("secrets --name staging"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.listSecrets(c.Context()) },
	}
	s.withJSON(c, "a line of JSON for each secret")
	return c
}

func (s *session) listSecrets(ctx context.Context) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	list, err := s.destinations(ctx, d)
	if err != nil {
		return err
	}
	if len(list) == 0 && !s.asJSON {
		s.printf("there are no destinations, so all events are refused; add one with \"%s\"\n", typed("secret DEST"))
		return nil
	}
	last := s.knownMatches(ctx, secretMatches, secretsOf(list))
	t := screen.NewTable("DESTINATION", "SCHEME", "LIBRARY", "SECRET", "LAST MATCHED")
	for _, d := range list {
		if len(d.Keys) == 0 && !s.asJSON {
			t.Add(screen.Texts(d.Name, "none", d.Library, "none", "only by a queue or a bucket")...)
		}
		for _, key := range d.Keys {
			m := s.match(last, owned{d.Name, key.Hint()})
			if !s.asJSON {
				t.Add(screen.Texts(d.Name, string(d.Scheme), d.Library, "…"+key.Hint(), m.text)...)
				continue
			}
			err := s.JSON(struct {
				Destination string           `json:"destination"`
				Scheme      signature.Scheme `json:"scheme"`
				Library     string           `json:"library"`
				Secret      string           `json:"secret"` // the last four characters, which identify the secret
				lastMatch
			}{d.Name, d.Scheme, d.Library, key.Hint(), m})
			if err != nil {
				return err
			}
		}
	}
	if !s.asJSON {
		if err := s.Print(t); err != nil {
			return err
		}
	}
	for _, d := range list {
		s.warnOf(d)
	}
	return nil
}

// destinations returns the destinations in the form that the functions read.
func (s *session) destinations(ctx context.Context, d deployment) ([]destination.Destination, error) {
	stored, err := s.stored(ctx, d.secret)
	if err != nil {
		return nil, err
	}
	return destination.Parse(stored)
}

// lastMatch holds the time at which a secret or a token last matched a webhook.
type lastMatch struct {
	At time.Time `json:"last_matched,omitzero"` // time of the last match; zero if there was no match within matchWindow
	// Known is false if CloudWatch could not be read. The time At is then not valid.
	Known bool `json:"last_matched_known"`
	text  string
}

// knownMatches calls lastMatches. After an error it prints a warning and returns nil.
func (s *session) knownMatches(ctx context.Context, c counter, secrets []owned) map[owned]time.Time {
	last, err := s.lastMatches(ctx, c, secrets)
	if err != nil {
		s.warn("%v", err)
		return nil
	}
	return last
}

// match returns the last match of the secret o. The parameter last is the result of knownMatches.
// If it is nil, the time of the last match is unknown.
func (s *session) match(last map[owned]time.Time, o owned) lastMatch {
	if last == nil {
		return lastMatch{text: "unknown"}
	}
	return lastMatch{last[o], true, s.ago(last[o])}
}

// ago returns the time of a secret's last match as text, with the time that has passed since then.
func (s *session) ago(t time.Time) string {
	if t.IsZero() {
		return fmt.Sprintf("not in the last %d days", int(matchWindow.Hours()/24))
	}
	return fmt.Sprintf("%s (%s ago)", screen.Minute(t), rounded(s.now().Sub(t)))
}

// rounded returns a duration in seconds, minutes, hours or days, rounded down, for example "3 h".
func rounded(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return screen.Plural(int(d.Hours()/24), "day")
}
