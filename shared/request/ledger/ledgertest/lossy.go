package ledgertest

import (
	"context"
	"errors"
	"sync/atomic"

	"masterhand/shared/request/ledger"
)

// Loss is what becomes of a write whose answer is lost.
type Loss int32

// The losses.
const (
	Nothing Loss = iota // the answer arrives
	Answer              // the write is done, the caller learns only of a fault
	Retried             // the write is done, and done again by a client that missed the answer
)

// ErrLost is the fault that stands in for a lost answer.
var ErrLost = errors.New("answer lost")

// Lossy is a Store that does what it is told and then loses the answer.
type Lossy struct {
	ledger.Store
	next atomic.Int32
}

// LoseNext sets what becomes of the next write's answer, and of that one alone.
func (l *Lossy) LoseNext(what Loss) { l.next.Store(int32(what)) }

// Save implements ledger.Store.
func (l *Lossy) Save(ctx context.Context, item ledger.Item) error {
	err := l.Store.Save(ctx, item)
	switch loss := Loss(l.next.Swap(int32(Nothing))); {
	case err != nil || loss == Nothing:
		return err
	case loss == Retried:
		return l.Store.Save(ctx, item)
	}
	return ErrLost
}
