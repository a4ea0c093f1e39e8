package main

import (
	"context"
	"flag"
	"fmt"

	"masterhand/shared/announcements/intake"
)

var intakeURLCommand = command{
	name: "intake url", args: "SENDER [-code C -variation N -locale L -aspect A] [-show-token]", short: "print the URL that a platform is to announce files to",
	long: `With code and variation, what is announced to the URL becomes that creative's master;
without, it lies among the unsorted until somebody tags it, or has it announced again to a
URL with them. The URL has the sender's first token in it, and who knows that can announce
files: it is shown only with -show-token, for you to paste into the sender's portal.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var code, variation, locale, aspect string
		flags.StringVar(&code, "code", "", "`code` of the creative that the files are of, the like of HRT-1212")
		flags.StringVar(&variation, "variation", "", "`number` of its variation")
		flags.StringVar(&locale, "locale", "", "their `language`, the like of en or pt-BR")
		flags.StringVar(&aspect, "aspect", "", "their `aspect`, the like of 9x16; as each file has it unless told")
		show := flags.Bool("show-token", false, "show the token, and so the whole URL")
		return func(ctx context.Context, args []string) error {
			sender, err := oneSender(args)
			if err != nil {
				return err
			}
			query, err := intake.Query(code, variation, locale, aspect)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return s.intakeURL(ctx, sender, query, *show)
		}
	},
}

func (s *session) intakeURL(ctx context.Context, sender, query string, show bool) error {
	d, err := s.takingIn(ctx)
	if err != nil {
		return err
	}
	r, err := s.ring(ctx, d)
	if err != nil {
		return err
	}
	entry := r.bySender[sender]
	if entry == nil {
		return errNoTokenAtAll
	}
	token := "<token " + r.hints(sender)[0] + ">"
	if show {
		token = entry.Tokens[0]
	}
	if query != "" {
		query = "?" + query
	}
	s.printf("%s\n", intakeAddress(d, sender, token)+query)
	if !show {
		fmt.Fprintf(s.err, "-show-token shows the token: who has that can announce files\n")
	}
	s.warnClosed(sender, r)
	return nil
}
