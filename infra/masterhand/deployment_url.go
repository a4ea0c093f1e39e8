package main

import (
	"github.com/spf13/cobra"
)

func urlCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use: "url", Short: "Print the URL that the platform's webhooks must go to", Args: takesNone,
		Long: `Prints the URL that the platform's webhooks must go to. AWS makes the URL with the
stack. The URL stays the same when you deploy again, but a new stack has a new URL:
then put the new URL into the platform's portal.`,
		Example: examples("url --name staging"),
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.deployment(c.Context())
			switch {
			case err != nil:
				return err
			case s.asJSON:
				return s.JSON(map[string]string{"url": d.url})
			}
			s.printf("%s\n", d.url)
			return nil
		},
	}
	s.withJSON(c, "the URL as JSON")
	return c
}
