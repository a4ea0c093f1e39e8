package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"masterhand/shared/ledger"
	"masterhand/shared/ledger/dynamostore"
)

var requestsCommand = command{
	name: "requests", args: "[-day YYYY-MM-DD] [-outcome O]", short: "list the requests of a day, newest first",
	define: func(s *session, flags *flag.FlagSet) action {
		var q requestQuery
		flags.StringVar(&q.day, "day", "", "`day`, by UTC; today unless told")
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
	if q.day == "" {
		q.day = s.now().UTC().Format(time.DateOnly)
	}
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	read := q.limit
	if q.outcome != "" {
		read = scanned
	}
	items, err := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}.ByDay(ctx, q.day, read)
	if err != nil {
		return err
	}
	if len(items) == scanned {
		s.warn("only the newest %d requests of %s were looked through", scanned, q.day)
	}
	if items = q.choose(items); q.json {
		return printJSON(s.out, items)
	}
	if len(items) == 0 {
		s.printf("no such requests on %s\n", q.day)
		return nil
	}
	return tabulate(s.out, items)
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

func tabulate(out io.Writer, items []ledger.Item) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RECEIVED\tSTATE\tASKED FOR\tFROM\tTRIES\tWHY\tREQUEST")
	for _, i := range items {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", i.ReceivedAt.UTC().Format(time.TimeOnly), i.State,
			printable(strings.TrimSpace(slotWords(i.Slot)+" "+i.Target)), i.Destination, i.Attempts, printable(why(i)), shortID(i.ID))
	}
	return t.Flush()
}

// slotWords turns a slot's key, "project#CODE#2#en#video", into "CODE-2 en video".
func slotWords(key string) string {
	parts := strings.Split(key, "#")
	if len(parts) != 5 {
		return key
	}
	return fmt.Sprintf("%s-%s %s %s", parts[1], parts[2], parts[3], parts[4])
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
