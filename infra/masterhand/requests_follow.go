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
	// followed is the largest number of requests that each check reads for a day, the newest first.
	followed = 500
)

// watch finds the requests that changed between two reads of the ledger.
type watch struct {
	store dynamostore.Store
	query requestQuery
	seen  map[string]string // latest text that standing returned for a request, by the request's id
}

// followRequests prints the newest requests, sorted by time. Then, until ctx ends, it prints each
// request that is new or has changed.
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

// look reads the ledger, and returns the requests that are new or have changed since the last call,
// sorted by the time of the change. A request lives for one hour, so in the first hour of a day
// look also reads the requests of the day before.
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

// standing returns a text with a request's result or, for an open request, the reason why the
// request waits. Another attempt with the same result does not change the text.
func standing(i ledger.Item) string {
	if i.State.Ended() {
		return fmt.Sprintln(i.State, i.Code, i.Detail)
	}
	return fmt.Sprintln("open", i.Code, i.Detail)
}

// showRequest prints one line about a request. With --json it prints the whole ledger item.
func (s *session) showRequest(item ledger.Item) error {
	if s.asJSON {
		return s.JSON(item)
	}
	s.printf("%s\n", s.requestLine(item))
	return nil
}

// requestLine returns a line about a request: the time of its last change, its state and slot, its
// duration and size, the delivered file or the reason why no file was delivered, and the start of
// its id.
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
	if reason := strings.TrimPrefix(why(i), string(i.State)+": "); reason != "" && reason != string(i.State) {
		words = append(words, printable(reason))
	} else if !i.State.Ended() {
		words = append(words, "in progress")
	}
	return strings.Join(append(words, digits(i.ID)), "  ")
}

// took returns a duration as a short text, for a list.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// bytesMoved returns a number of bytes as a short text.
func bytesMoved(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
