package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
)

var requestsCommand = command{
	name: "requests", args: "[-day YYYY-MM-DD] [-outcome O]", short: "list the newest requests, or those of a day",
	long: `The newest come first. WHY is the file that was delivered, why there was none to deliver, or
what went wrong; "explain" tells what a request would come to now, and why. REQUEST begins
the id that the logs have too.`,
	define: func(s *session, flags *flag.FlagSet) action {
		var q requestQuery
		flags.StringVar(&q.day, "day", "", "`day`, by UTC; as many days back as -limit takes, a week at most, unless told")
		flags.StringVar(&q.outcome, "outcome", "", "only those in this `state`: "+strings.Join(stateNames(), ", "))
		flags.IntVar(&q.limit, "limit", 50, "`how many` at most")
		flags.BoolVar(&q.json, "json", false, "a line of JSON for each, with all that the ledger holds of it")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			return s.listRequests(ctx, q)
		}
	},
}

// states are what a request can be in.
var states = []ledger.State{
	ledger.Claimed, ledger.Queued, ledger.Uploaded, ledger.Delivered, ledger.Skipped, ledger.Expired,
	ledger.Failed, ledger.Superseded, ledger.FulfilledElsewhere, ledger.Malformed,
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
	json         bool
}

// scanned bounds how many requests of a day are looked through for an outcome.
const scanned = 10_000

func (s *session) listRequests(ctx context.Context, q requestQuery) error {
	if err := q.check(); err != nil {
		return err
	}
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	items, err := s.findRequests(ctx, d, q)
	if err != nil {
		return err
	}
	if q.json {
		return printJSON(s.out, items)
	}
	if len(items) == 0 {
		s.printf("no such requests %s\n", q.span())
		return nil
	}
	return s.print(requestsTable(items, q.day == ""))
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

// recentDays is how far back requests are looked for unless a day is told.
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

func (q requestQuery) check() error {
	if _, err := time.Parse(time.DateOnly, q.day); err != nil && q.day != "" {
		return fmt.Errorf("%w: -day must be the like of 2026-11-21", errUsage)
	}
	if q.limit < 1 {
		return fmt.Errorf("%w: -limit must be at least 1", errUsage)
	}
	for _, state := range states {
		if q.outcome == "" || q.outcome == string(state) {
			return nil
		}
	}
	return fmt.Errorf("%w: -outcome must be one of %s", errUsage, strings.Join(stateNames(), ", "))
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

func printJSON(out io.Writer, items []ledger.Item) error {
	e := json.NewEncoder(out)
	for _, item := range items {
		if err := e.Encode(item); err != nil {
			return err
		}
	}
	return nil
}

// requestsTable has a line for each request; days says that not all are of one day.
func requestsTable(items []ledger.Item, days bool) *table {
	layout := time.TimeOnly
	if days {
		layout = "01-02 15:04:05"
	}
	t := newTable("RECEIVED", "STATE", "ASKED FOR", "FROM", "TRIES", "WHY", "REQUEST")
	for _, i := range items {
		row := texted(i.ReceivedAt.UTC().Format(layout), string(i.State), printable(strings.TrimSpace(slotWords(i.Slot)+" "+i.Target)),
			i.Destination, strconv.Itoa(i.Attempts), printable(why(i)), shortID(i.ID))
		row[1].paint = statePaint(i.State)
		t.add(row...)
	}
	return t
}

func statePaint(s ledger.State) paint {
	switch s {
	case ledger.Delivered, ledger.FulfilledElsewhere:
		return good
	case ledger.Skipped, ledger.Expired, ledger.Superseded:
		return poor
	case ledger.Failed, ledger.Malformed:
		return bad
	}
	return plain
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
	const shown = len("req#") + 12
	return id[:min(len(id), shown)]
}
