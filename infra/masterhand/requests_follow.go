package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
)

const (
	followEvery = 2 * time.Second
	// followed is how many of the newest requests of a day each look reads.
	followed = 500
)

// watch sees what changes in the ledger from one look to the next.
type watch struct {
	store dynamostore.Store
	query requestQuery
	seen  map[string]string // how each request stood at the last look, by its id
}

// followRequests prints the requests that there are, the newest last, and then each one as it
// comes and each change, until ctx ends.
func (s *session) followRequests(ctx context.Context, q requestQuery) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	w := watch{store: dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}, query: q}
	for {
		changed, err := w.look(ctx, s.now())
		if err != nil {
			return err
		}
		for _, item := range changed {
			if err := s.showRequest(item); err != nil {
				return err
			}
		}
		if err := s.pause(ctx, followEvery); err != nil {
			return err
		}
	}
}

// look returns the requests that stand differently than at the last look, by the time of the
// change. A request lives an hour, so that yesterday's matter in the first hour of a day.
func (w *watch) look(ctx context.Context, now time.Time) (changed []ledger.Item, err error) {
	var items []ledger.Item
	days := w.query.days(now)
	if w.query.since == 0 {
		days = slices.Compact([]string{now.UTC().Format(time.DateOnly), now.UTC().Add(-time.Hour).Format(time.DateOnly)})
	}
	for _, day := range days {
		list, err := w.store.ByDay(ctx, day, followed)
		if err != nil {
			return nil, err
		}
		items = append(items, list...)
	}
	stand := map[string]string{}
	for _, item := range w.query.choose(items, now, len(items)) {
		stand[item.ID] = standing(item)
		if w.seen[item.ID] != stand[item.ID] {
			changed = append(changed, item)
		}
	}
	slices.SortFunc(changed, func(a, b ledger.Item) int { return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.ID, b.ID)) })
	if w.seen == nil {
		changed = changed[max(0, len(changed)-w.query.limit):]
	}
	w.seen = stand
	return changed, nil
}

// standing returns what is worth a new line when it changes: how a request ended, or why it
// has not. Each further attempt that comes to the same is not.
func standing(i ledger.Item) string {
	if i.State.Ended() {
		return fmt.Sprintln(i.State, i.Code, i.Detail)
	}
	return fmt.Sprintln("open", i.Code, i.Detail)
}

// showRequest prints one line on how a request stands, or all of it as JSON.
func (s *session) showRequest(item ledger.Item) error {
	if s.asJSON {
		return s.JSON(item)
	}
	s.printf("%s\n", s.requestLine(item))
	return nil
}

// requestLine says when a request came to stand as it does, what it asks for, how long it
// took and how much was moved, and the delivered file or the reason why there is none.
func (s *session) requestLine(i ledger.Item) string {
	words := []string{i.UpdatedAt.UTC().Format("15:04:05Z"), s.Painted(statePaint(i.State), fmt.Sprintf("%-9s", i.State))}
	if i.Slot != "" {
		words = append(words, printable(strings.TrimSpace(slotWords(i.Slot)+" "+i.Target)))
	}
	if i.Slot != "" && i.State.Ended() {
		words = append(words, took(i.UpdatedAt.Sub(i.ReceivedAt)))
	}
	if i.State == ledger.Delivered && i.Decision != nil {
		words = append(words, bytesMoved(i.Decision.Size))
	}
	return strings.Join(append(words, cmp.Or(printable(why(i)), "in work"), digits(i.ID)), "  ")
}

// took returns how long something took, for people.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// bytesMoved returns a size for people.
func bytesMoved(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
