package main

import (
	"context"
	"flag"
	"fmt"
)

var urlCommand = command{
	name: "url", short: "print the URL that the platform's webhooks are to be pointed at",
	define: func(s *session, _ *flag.FlagSet) action {
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			d, err := s.deployment(ctx)
			if err == nil {
				s.printf("%s\n", d.url)
			}
			return err
		}
	},
}
