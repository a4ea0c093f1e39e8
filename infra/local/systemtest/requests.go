package systemtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"masterhand/infra/local/farside"
	"masterhand/infra/local/farside/outpost"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// Request makes a request of a platform, with a storage key of its own.
func (s *Site) Request(t *testing.T, p *farside.Platform, slot farside.Slot) farside.Request {
	t.Helper()
	request, err := p.NewRequest(slot, farside.Options{StorageKey: fmt.Sprintf("fb-external/test/%d", s.requests.Add(1))})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// Send sends an event and returns the answer.
func (s *Site) Send(t *testing.T, event outpost.Event) outpost.Result {
	t.Helper()
	result := s.Sender.Send(t.Context(), event)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return result
}

// LedgerID is the id under which the ledger keeps a request.
func LedgerID(request farside.Request) string {
	return platform.Request{CompleteURL: request.CallbackURL}.ID()
}

// Item returns what the ledger holds of a request.
func (s *Site) Item(t *testing.T, request farside.Request) ledger.Item {
	t.Helper()
	item, err := s.Ledger.Load(t.Context(), LedgerID(request))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Ended waits until a request has ended and returns what the ledger holds of it.
func (s *Site) Ended(t *testing.T, request farside.Request) (item ledger.Item) {
	t.Helper()
	Eventually(t, "the request ends", func(ctx context.Context) bool {
		var err error
		item, err = s.Ledger.Load(ctx, LedgerID(request))
		return err == nil && item.State.Ended()
	})
	return item
}

// Callbacks returns the bodies that came to a request's callback.
func Callbacks(t *testing.T, p *farside.Platform, request farside.Request) [][]byte {
	t.Helper()
	token, err := p.Waitpoints.Token(request.Token)
	if err != nil {
		t.Fatal(err)
	}
	return token.Received
}

// How long something may take that comes by itself, and how often one looks.
const (
	patience = 3 * time.Minute
	interval = 20 * time.Millisecond
)

// Eventually waits for something that comes by itself.
func Eventually(t *testing.T, what string, holds func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for !holds(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}
