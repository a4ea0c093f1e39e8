package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"

	"github.com/spf13/cobra"
)

func requestsCommand(s *session) *cobra.Command {
	var q requestQuery
	c := &cobra.Command{
		Use: "requests", Short: "List the newest requests, or those of a day", Args: takesNone,
		Long: `The newest requests come first. WHY is the delivered file, the reason why there was
none, or the error; "` + typed("explain") + `" says what the request
would get now. REQUEST is the start of the request's id, which the logs have too.
FROM is the destination, if there are several; ×2 after a state means two attempts.`,
		Example: examples("requests --outcome skipped", "requests --day 2026-11-21 --limit 500"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.listRequests(c.Context(), q) },
	}
	flags := c.Flags()
	flags.Var(checked{"", q.setDay}, "day", "only this `day` (UTC), such as 2026-11-21; unless given, up to a week back")
	oneOf(c, &q.outcome, "outcome", "only requests in this `state`", stateNames())
	within(c, &q.limit, "limit", 50, 1, 0, "`number` of requests at most")
	s.withJSON(c, "a line of JSON for each request, with all that the ledger holds of it")
	return c
}

// states are what a request can be in.
var states = []ledger.State{
	ledger.Claimed, ledger.Queued, ledger.Uploaded, ledger.Delivered, ledger.Skipped, ledger.Expired,
	ledger.Failed, ledger.Superseded, ledger.FulfilledElsewhere, ledger.Malformed, ledger.Unmatched,
}

func stateNames() []string {
	names := make([]string, len(states))
	for i, state := range states {
		names[i] = string(state)
	}
	return names
}

// requestQuery says which requests are meant.
type requestQuery struct {
	day, outcome string
	limit        int
}

// scanned bounds how many requests of a day are looked through for an outcome.
const scanned = 10_000

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
		s.printf("no such requests %s\n", q.span())
		return nil
	}
	return s.Print(requestsTable(items))
}

// findRequests reads day by day, the newest first, until there are enough.
func (s *session) findRequests(ctx context.Context, d deployment, q requestQuery) (kept []ledger.Item, err error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	days := []string{q.day}
	if q.day == "" {
		days = lastDays(s.now(), recentDays)
	}
	for _, day := range days {
		read := q.limit - len(kept)
		if q.outcome != "" {
			read = scanned
		}
		items, err := store.ByDay(ctx, day, read)
		if err != nil {
			return nil, err
		}
		if len(items) == scanned {
			s.warn("only the newest %d requests of %s were looked through", scanned, day)
		}
		if kept = q.choose(append(kept, items...)); len(kept) == q.limit {
			break
		}
	}
	return kept, nil
}

// recentDays is how far back requests are looked for unless a day is given.
const recentDays = 7

// lastDays are days as the ledger names them, today's first.
func lastDays(now time.Time, n int) []string {
	days := make([]string, n)
	for i := range days {
		days[i] = now.UTC().AddDate(0, 0, -i).Format(time.DateOnly)
	}
	return days
}

// span is the time that was looked through.
func (q requestQuery) span() string {
	if q.day == "" {
		return fmt.Sprintf("in the last %d days", recentDays)
	}
	return "on " + q.day
}

func (q *requestQuery) setDay(text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return errors.New("must be a day such as 2026-11-21")
	}
	q.day = text
	return nil
}

// choose keeps what is asked for, in its order.
func (q requestQuery) choose(items []ledger.Item) []ledger.Item {
	var kept []ledger.Item
	for _, item := range items {
		if len(kept) < q.limit && (q.outcome == "" || q.outcome == string(item.State)) {
			kept = append(kept, item)
		}
	}
	return kept
}

// requestsTable has a line for each request. So that the lines fit a terminal, FROM is
// there only where it differs.
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
		_, id, _ := strings.Cut(shortID(i.ID), "#")
		row := screen.Texts(append([]string{i.ReceivedAt.UTC().Format("01-02 15:04Z"), state, printable(creative),
			printable(strings.TrimSpace(rest + " " + i.Target)), printable(why(i)), id}, from(i.Destination)...)...)
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

// slotWords turns a slot's key, "project#CODE#2#en#video", into "CODE-2 en video".
func slotWords(key string) string {
	s, err := creative.ParseKey(key)
	if err != nil {
		return key
	}
	return fmt.Sprintf("%s %s %s", s.Creative, s.Locale, s.Kind)
}

// why is what there is to say of how a request stands.
func why(i ledger.Item) string {
	switch {
	case i.Decision != nil && i.Decision.Skip != "":
		return i.Decision.Skip
	case i.Detail != "":
		return strings.TrimPrefix(i.Code+": "+i.Detail, ": ")
	case i.State == ledger.Delivered && i.Decision != nil:
		return i.Decision.Key
	}
	return i.Code
}

// shortID is enough of a request's id to find it.
func shortID(id string) string {
	const shown = len("req#") + 8
	return id[:min(len(id), shown)]
}
