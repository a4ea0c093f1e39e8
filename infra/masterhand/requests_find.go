package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
)

// states lists the states of a request.
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

// requestQuery holds the conditions by which a command selects requests.
type requestQuery struct {
	day, outcome string
	code         string // the start of a code, or a whole creative; "" selects all creatives
	since        age    // largest age of a request; 0 selects requests of any age
	limit        int
}

// scanned is the largest number of requests or timelines that a command reads for each day.
const scanned = 10_000

// findRequests returns the selected requests, the newest first. It reads one day after another,
// from the newest day backwards, until it has found q.limit requests.
func (s *session) findRequests(ctx context.Context, d deployment, q requestQuery) (kept []ledger.Item, err error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	for _, day := range q.days(s.now()) {
		read := q.limit - len(kept)
		if q.outcome != "" || q.code != "" {
			read = scanned
		}
		items, err := store.ByDay(ctx, day, read)
		if err != nil {
			return nil, err
		}
		if len(items) == scanned {
			s.warn("the list may be incomplete: only the newest %d requests of %s were read", scanned, day)
		}
		if kept = append(kept, q.choose(items, s.now(), q.limit-len(kept))...); len(kept) == q.limit {
			break
		}
	}
	return kept, nil
}

// days returns the days that findRequests must read, the newest first.
func (q requestQuery) days(now time.Time) []string {
	switch {
	case q.day != "":
		return []string{q.day}
	case q.since > 0:
		today := now.UTC().Truncate(24 * time.Hour)
		first := now.UTC().Add(-time.Duration(q.since)).Truncate(24 * time.Hour)
		return lastDays(now, int(today.Sub(first)/(24*time.Hour))+1)
	}
	return lastDays(now, recentDays)
}

// recentDays is the number of days that are searched if the query names neither a day nor a time.
const recentDays = 7

// lastDays returns the last n days as the ledger writes them, with today first.
func lastDays(now time.Time, n int) []string {
	days := make([]string, n)
	for i := range days {
		days[i] = now.UTC().AddDate(0, 0, -i).Format(time.DateOnly)
	}
	return days
}

// span returns the searched period in words, for example "in the last 7 days".
func (q requestQuery) span() string {
	switch {
	case q.day != "":
		return "on " + q.day
	case q.since > 0:
		return "in the last " + q.since.String()
	}
	return fmt.Sprintf("in the last %d days", recentDays)
}

func (q *requestQuery) setDay(text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return errors.New("must be a day such as 2026-11-21")
	}
	q.day = text
	return nil
}

// choose returns the first items that the query selects, in the same order. It returns at most
// limit items.
func (q requestQuery) choose(items []ledger.Item, now time.Time, limit int) (kept []ledger.Item) {
	for _, item := range items {
		if len(kept) < limit && q.means(item, now) {
			kept = append(kept, item)
		}
	}
	return kept
}

// means reports whether a request fulfils the conditions of the query.
func (q requestQuery) means(item ledger.Item, now time.Time) bool {
	return (q.outcome == "" || q.outcome == string(item.State)) &&
		(q.since == 0 || !item.ReceivedAt.Before(now.Add(-time.Duration(q.since)))) &&
		(q.code == "" || isOf(item.Slot, q.code))
}

// isOf reports whether a text selects the creative of a slot: the text must be the start of the
// creative's code, or the whole creative.
func isOf(slot, text string) bool {
	s, err := creative.ParseKey(slot)
	asked, prefix := s.Creative.Canonical(), creative.Creative{Code: text}.Canonical().Code
	return err == nil && (strings.HasPrefix(asked.Code, prefix) || asked.String() == prefix)
}
