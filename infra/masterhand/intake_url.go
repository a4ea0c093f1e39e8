package main

import (
	"context"
	"fmt"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"

	"github.com/spf13/cobra"
)

func intakeURLCommand(s *session) *cobra.Command {
	var code, variation, locale, aspect string
	var show bool
	c := &cobra.Command{
		Use: "url SENDER", Short: "Print the URL that a sender must announce files to", Args: oneSender, ValidArgs: senders.Names(),
		Long: `Prints the URL that a sender must announce files to. With --code and --variation, files that are announced to the URL become masters of
that creative. Without them, the files stay unsorted until somebody tags them or has
them announced again to a URL with coordinates. The URL contains the sender's first
token, and everybody who knows the token can announce files. Therefore the command
shows the token only with --show-token. Paste the URL into the sender's portal. The
URL stays the same when you deploy again, but a new stack has a new URL.`,
		Example: examples("intake url hoox", "intake url hoox --code HRT-1212 --variation 2 --show-token"),
		RunE: func(c *cobra.Command, args []string) error {
			query, err := intake.Query(code, variation, locale, aspect)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return s.intakeURL(c.Context(), args[0], query, show)
		},
	}
	flags := c.Flags()
	flags.StringVar(&code, "code", "", "`code` of the files' creative, such as HRT-1212")
	flags.StringVar(&variation, "variation", "", "`number` of the creative's variation")
	flags.StringVar(&locale, "locale", "", "`locale` of the files, such as en or pt-BR")
	flags.StringVar(&aspect, "aspect", "", "`aspect` of the files, such as 9x16; unless given, the pixels of each file decide")
	flags.BoolVar(&show, "show-token", false, "show the token, which makes the URL complete")
	s.withJSON(c, "the URL as JSON")
	return c
}

func (s *session) intakeURL(ctx context.Context, sender, query string, show bool) error {
	d, r, err := s.senderList(ctx)
	if err != nil {
		return err
	}
	entry := r.bySender[sender]
	if entry == nil {
		return errNoTokenAtAll
	}
	token := "<token " + r.hints(sender)[0] + ">"
	if show {
		token = entry.Tokens[0].Token
	}
	if query != "" {
		query = "?" + query
	}
	address := intakeAddress(d, sender, token) + query
	if s.asJSON {
		return s.JSON(map[string]any{"sender": sender, "url": address, "token_shown": show})
	}
	s.printf("%s\n", address)
	if !show {
		fmt.Fprintf(s.err, "the token is hidden, because it lets anybody announce files; --show-token shows it\n")
	}
	s.warnClosed(sender, r)
	return nil
}
