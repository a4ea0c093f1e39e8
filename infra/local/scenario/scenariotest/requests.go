package scenariotest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// Request makes a request of a platform, with a storage key of its own.
func (s *Env) Request(t *testing.T, p *adplatform.Platform, slot adplatform.Slot) adplatform.Request {
	t.Helper()
	request, err := p.NewRequest(slot, adplatform.Options{StorageKey: fmt.Sprintf("fb-external/test/%d", s.requests.Add(1))})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// Send sends an event and returns the answer.
func (s *Env) Send(t *testing.T, event gateway.Event) gateway.Result {
	t.Helper()
	result := s.Sender.Send(t.Context(), event)
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	return result
}

// LedgerID is the id under which the ledger keeps a request.
func LedgerID(request adplatform.Request) string {
	return platform.Request{CompleteURL: request.CallbackURL}.ID()
}

// Item returns what the ledger holds of a request.
func (s *Env) Item(t *testing.T, request adplatform.Request) ledger.Item {
	t.Helper()
	item, err := s.Ledger.Load(t.Context(), LedgerID(request))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// Ended waits until a request has ended and returns what the ledger holds of it.
func (s *Env) Ended(t *testing.T, request adplatform.Request) (item ledger.Item) {
	t.Helper()
	Eventually(t, "the request ends", func(ctx context.Context) bool {
		var err error
		item, err = s.Ledger.Load(ctx, LedgerID(request))
		return err == nil && item.State.Ended()
	})
	return item
}

// Callbacks returns the bodies that came to a request's callback.
func Callbacks(t *testing.T, p *adplatform.Platform, request adplatform.Request) [][]byte {
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
