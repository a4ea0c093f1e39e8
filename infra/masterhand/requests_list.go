package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"

	"github.com/spf13/cobra"
)

func requestsCommand(s *session) *cobra.Command {
	var q requestQuery
	var follow bool
	c := &cobra.Command{
		Use: "requests [CODE]", Short: "List the newest requests, or those of a creative or a day", Args: takes(0, 1, "at most one CODE"),
		Long: `Lists requests, the newest first. WHY is the delivered file, the reason why there was
none, or the error. "` + typed("explain") + `" shows the answer that the request would get now, and
"` + typed("trace") + `" shows the steps of one request. REQUEST is the start of the request's id,
which is also in the logs. FROM is the destination, if there are several. ×2 after a state
means two attempts.

CODE limits the list to creatives whose code begins with it, such as HRT-1212, or to one
creative, such as HRT-1212-2.`,
		Example: examples("requests --outcome skipped", "requests HRT-1212 --since 2h", "requests --follow", "requests --day 2026-11-21 --limit 500"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				q.code = args[0]
			}
			if follow {
				return s.followRequests(c.Context(), q)
			}
			return s.listRequests(c.Context(), q)
		},
	}
	flags := c.Flags()
	flags.Var(checked{"", q.setDay}, "day", "only requests of this `day` (UTC), such as 2026-11-21; unless given, of the last week")
	flags.Var(&q.since, "since", "only requests that came within this `time` up to now, such as 30m or 2d")
	oneOf(c, &q.outcome, "outcome", "only requests in this `state`", stateNames())
	within(c, &q.limit, "limit", 50, 1, 0, "largest `number` of requests to list")
	flags.BoolVarP(&follow, "follow", "f", false, "print each new and each changed request until Ctrl-C")
	c.MarkFlagsMutuallyExclusive("day", "since")
	c.MarkFlagsMutuallyExclusive("day", "follow")
	s.withJSON(c, "a line of JSON for each request, with its whole record in the ledger")
	return c
}

func (s *session) listRequests(ctx context.Context, q requestQuery) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	items, err := s.findRequests(ctx, d, q)
	if err != nil {
		return err
	}
	if s.asJSON {
		return printLines(s.terminal, items...)
	}
	if len(items) == 0 {
		s.printf("no matching requests %s\n", q.span())
		return nil
	}
	if err := s.Print(requestsTable(items)); err != nil {
		return err
	}
	return s.adviseOn(ctx, d, items)
}

// requestsTable returns a table with one row for each request. To save width, the column FROM
// appears only if the requests have different destinations.
func requestsTable(items []ledger.Item) *screen.Table {
	from := func(text string) []string {
		if slices.ContainsFunc(items, func(i ledger.Item) bool { return i.Destination != items[0].Destination }) {
			return []string{text}
		}
		return nil
	}
	names := append([]string{"RECEIVED", "STATE", "CREATIVE", "ASKED FOR", "WHY", "REQUEST"}, from("FROM")...)
	t := screen.NewTable(names...).Whole("RECEIVED", "ASKED FOR", "REQUEST")
	for _, i := range items {
		creative, rest, _ := strings.Cut(slotWords(i.Slot), " ")
		state := string(i.State)
		if i.Attempts > 1 {
			state += fmt.Sprintf(" ×%d", i.Attempts)
		}
		row := screen.Texts(append([]string{i.ReceivedAt.UTC().Format("01-02 15:04Z"), state, printable(creative),
			printable(strings.TrimSpace(rest + " " + i.Target)), printable(why(i)), digits(i.ID)}, from(i.Destination)...)...)
		row[1].Paint = statePaint(i.State)
		t.Add(row...)
	}
	return t
}

func statePaint(s ledger.State) screen.Paint {
	switch s {
	case ledger.Delivered, ledger.FulfilledElsewhere:
		return screen.Good
	case ledger.Skipped, ledger.Expired, ledger.Superseded:
		return screen.Poor
	case ledger.Failed, ledger.Malformed:
		return screen.Bad
	}
	return screen.Plain
}

// slotWords returns a readable form of a slot's key: for "project#CODE#2#en#video" it returns
// "CODE-2 en video".
func slotWords(key string) string {
	s, err := creative.ParseKey(key)
	if err != nil {
		return key
	}
	return fmt.Sprintf("%s %s %s", s.Creative, s.Locale, s.Kind)
}

// why returns the most important detail of a request: the reason of a skip, the error, the key of
// the delivered file, or why the request was superseded.
func why(i ledger.Item) string {
	switch {
	case advice.Replaced(i):
		return advice.ReplacedWords
	case i.State == ledger.Superseded:
		return i.Code
	case i.Decision != nil && i.Decision.Skip != "":
		return i.Decision.Skip
	case i.Detail != "":
		return strings.TrimPrefix(i.Code+": "+i.Detail, ": ")
	case i.State == ledger.Delivered && i.Decision != nil:
		return i.Decision.Key
	}
	return i.Code
}

// ending returns a request's state and the reason for it, such as "skipped no_match:creative". If
// the reason begins with the name of the state, that name appears only once.
func ending(i ledger.Item) string {
	reason := why(i)
	if after, repeated := strings.CutPrefix(reason, string(i.State)); repeated && (after == "" || after[0] == ':') {
		return string(i.State) + after
	}
	return strings.TrimSpace(string(i.State) + " " + reason)
}

// digits returns the first eight digits of a request's id. With them the command "trace" can find
// the request.
func digits(id string) string {
	_, start, _ := strings.Cut(shortID(id), "#")
	return start
}

// shortID returns the start of a request's id, including the id's prefix such as "req#". The start
// is long enough to identify a recent request.
func shortID(id string) string {
	const shown = len("req#") + 8
	return id[:min(len(id), shown)]
}
