package destination

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// loadTimeout bounds one load.
	loadTimeout = 5 * time.Second
	// firstRetry is the least time between loads while none has ever succeeded.
	firstRetry = time.Second
)

// state is what a keyring knows. It is replaced as a whole, with a higher
// attempt; the list in it is never changed.
type state struct {
	attempt   uint64        // how many loads have ended
	err       error         // the last load's
	triedAt   time.Time     // when the last load ended
	list      []Destination // the last good one, or the one before a current one that is not
	loaded    bool          // there was a good one, even if an empty one
	loadedAt  time.Time     // when it was loaded; zero for one that was not current
	recheckAt time.Time     // when a request without a match last caused a load
}

func (k *Keyring) snapshot() state {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// refresh returns a state with a list to use: the one that was seen unless a load
// is due, else what a load has made of it, one's own or one that ended meanwhile.
func (k *Keyring) refresh(ctx context.Context, seen state, due func(state, time.Time) bool, recheck bool) (state, error) {
	if !due(seen, k.cfg.Now()) {
		return seen.usable()
	}
	select {
	case k.loading <- struct{}{}:
		defer func() { <-k.loading }()
	case <-ctx.Done():
		seen.err = ctx.Err()
		return seen.usable()
	}
	if current := k.snapshot(); current.attempt != seen.attempt {
		return current.usable()
	}
	return k.load(ctx, seen, recheck).usable()
}

// usable reports ErrUnavailable while there was never a good list.
func (s state) usable() (state, error) {
	if !s.loaded {
		return s, fmt.Errorf("%w: %w", ErrUnavailable, s.err)
	}
	return s, nil
}

// load loads a list and returns the new state. A list that cannot be had or does
// not parse leaves the last good one in place. A load that ends because the
// request did tells nothing about the source, and does not count.
func (k *Keyring) load(ctx context.Context, last state, recheck bool) state {
	list, err := k.fetch(ctx)
	next := last
	next.err = err
	if err != nil && ctx.Err() != nil {
		return next
	}
	next.attempt++
	next.triedAt = k.cfg.Now()
	if recheck {
		next.recheckAt = next.triedAt
	}
	if err == nil {
		next.list, next.loaded, next.loadedAt = list, true, next.triedAt
	} else if k.cfg.OnError != nil {
		k.cfg.OnError(err)
	}
	if unusable := (*ParseError)(nil); !last.loaded && errors.As(err, &unusable) {
		next.list = k.fetchPrevious(ctx)
		next.loaded = len(next.list) > 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state = next
	return next
}

func (k *Keyring) fetch(ctx context.Context) ([]Destination, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	data, err := k.source.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the destinations: %w", err)
	}
	return Parse(data)
}

// fetchPrevious returns the list before the current one, nil where that is no help: then
// it is the current one's error that counts.
func (k *Keyring) fetchPrevious(ctx context.Context) []Destination {
	source, versioned := k.source.(Versioned)
	if !versioned {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	data, err := source.LoadPrevious(ctx)
	if err != nil {
		return nil
	}
	list, err := Parse(data)
	if err != nil {
		return nil
	}
	return list
}

// expired reports whether the list is to be loaded before it is used.
func (k *Keyring) expired(s state, now time.Time) bool {
	since := now.Sub(s.triedAt)
	switch {
	case !s.loaded:
		return s.attempt == 0 || since >= firstRetry
	case now.Sub(s.loadedAt) < k.cfg.MaxAge:
		return false
	case s.err != nil: // the source is in trouble: the last good list does for a while
		return since >= min(k.cfg.MaxAge, k.cfg.Recheck)
	}
	return true
}

// recheckDue reports whether a request without a match may cause a load.
func (k *Keyring) recheckDue(s state, now time.Time) bool {
	return s.recheckAt.IsZero() || now.Sub(s.recheckAt) >= k.cfg.Recheck
}
