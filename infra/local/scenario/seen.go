package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/r2"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/platform"
)

// Ledger reads the ledger items of requests.
type Ledger interface {
	Load(ctx context.Context, id string) (ledger.Item, error)
}

// LedgerID returns the id of a request in the ledger.
func LedgerID(r adplatform.Request) string { return platform.Request{CompleteURL: r.CallbackURL}.ID() }

// Ended waits until a request is settled and returns its ledger item.
func Ended(ctx context.Context, l Ledger, r adplatform.Request) (item ledger.Item, err error) {
	err = Await(ctx, "the request ends", func(ctx context.Context) (bool, error) {
		item, err = l.Load(ctx, LedgerID(r))
		if errors.Is(err, ledger.ErrNotFound) {
			err = nil
		}
		return item.State.Ended(), err
	})
	return item, err
}

// Seen holds the results of a request in the ledger and at the platform.
type Seen struct {
	Item      ledger.Item // ledger item of the request; the zero value if there is none
	Outcome   adplatform.Outcome
	Callbacks [][]byte // bodies that the waitpoint of the request received
	Writes    r2.Writes
	Object    r2.Object // object under the request's storage key, even without a callback
	There     bool      // whether the object exists
}

// Look reads the results of a request from the ledger, the waitpoint and the platform's storage.
func Look(ctx context.Context, p *adplatform.Platform, l Ledger, r adplatform.Request) (s Seen, err error) {
	s.Item, err = l.Load(ctx, LedgerID(r))
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return s, err
	}
	token, err := p.Waitpoints.Token(r.Token)
	if err != nil {
		return s, err
	}
	s.Callbacks, s.Writes = token.Received, p.Storage.Writes(r.StorageKey)
	if s.Outcome, err = p.Check(ctx, r); err != nil {
		return s, err
	}
	s.Object, err = p.Storage.Object(ctx, r.StorageKey)
	if s.There = err == nil; errors.Is(err, r2.ErrAbsent) {
		err = nil
	}
	return s, err
}

// Problems is a list of sentences. Each describes one deviation from the expected results.
type Problems []string

// Want adds a problem if holds is false.
func (p *Problems) Want(holds bool, format string, args ...any) {
	if !holds {
		*p = append(*p, fmt.Sprintf(format, args...))
	}
}

// Delivered checks that a request ended with the delivery of a master, and returns the deviations.
// The function master reports whether a SHA-256 is that of the master. Ledger, callback and storage
// must agree, and all callbacks must have the same body.
func (s Seen) Delivered(master func(sum [32]byte) bool) (p Problems) {
	p.Want(s.Item.State == ledger.Delivered, "the ledger says %q, should be delivered", s.Item.State)
	p.Want(s.Outcome.State == adplatform.Delivered, "the platform says %s %v, should be delivered", s.Outcome.State, s.Outcome.Problems)
	p.Want(s.There && master(s.Object.SHA256), "the %d stored bytes are not the master's", s.Object.Size)
	p.Want(s.Item.SHA256 == fmt.Sprintf("%x", s.Object.SHA256), "the ledger's SHA-256 is not that of the stored object")
	return append(p, s.alike()...)
}

// Skipped checks that a request was skipped with the given reason and without an upload, and
// returns the deviations. All callbacks must have the same body.
func (s Seen) Skipped(reason string) (p Problems) {
	p.Want(s.Item.State == ledger.Skipped, "the ledger says %q, should be skipped", s.Item.State)
	p.Want(s.Outcome.State == adplatform.Skipped && s.Outcome.Completion.Reason == reason,
		"the platform says %s for %q, should be skipped for %q", s.Outcome.State, s.Outcome.Completion.Reason, reason)
	return append(append(p, s.unwritten()...), s.alike()...)
}

// Untouched checks that no byte was uploaded and no callback was sent for a request.
func (s Seen) Untouched() Problems {
	p := s.unwritten()
	p.Want(len(s.Callbacks) == 0, "%d callbacks, should be none", len(s.Callbacks))
	return p
}

// Alone checks that no two uploads of the request ran at the same time.
func (s Seen) Alone() (p Problems) {
	p.Want(s.Writes.Concurrent <= 1, "%d uploads wrote at the same time, should be one", s.Writes.Concurrent)
	return p
}

// Once checks that there was at most one upload and at most one callback.
func (s Seen) Once() (p Problems) {
	p.Want(s.Writes.Puts <= 1, "%d uploads, should be one: answered %v", s.Writes.Puts, s.Writes.Statuses)
	p.Want(len(s.Callbacks) <= 1, "%d callbacks, should be one", len(s.Callbacks))
	return p
}

func (s Seen) unwritten() (p Problems) {
	p.Want(s.Writes.Puts == 0 && !s.There, "%d uploads, should be none", s.Writes.Puts)
	return p
}

func (s Seen) alike() (p Problems) {
	bodies := map[string]bool{}
	for _, body := range s.Callbacks {
		bodies[string(body)] = true
	}
	p.Want(len(bodies) == 1, "%d different callbacks, should be one", len(bodies))
	return p
}

// Is returns a function that reports whether a SHA-256 is one of sums.
func Is(sums ...[32]byte) func([32]byte) bool {
	return func(sum [32]byte) bool { return slices.Contains(sums, sum) }
}
