package ledgertest

import (
	"context"
	"errors"
	"sync/atomic"

	"masterhand/shared/request/ledger"
)

// Loss says what happens to a write and its answer.
type Loss int32

// The values of Loss: what is lost of a write and its answer.
const (
	Nothing Loss = iota // nothing is lost: the caller gets the answer
	Answer              // the write is done, but the caller gets ErrLost
	Retried             // the write is done, its answer is lost, and the client repeats the write
)

// ErrLost is the error that a caller gets if the answer is lost.
var ErrLost = errors.New("answer lost")

// Lossy is a Store that does every write, but can lose the answer to it.
type Lossy struct {
	ledger.Store
	next atomic.Int32
}

// LoseNext sets the loss of the next write, and of no other.
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
