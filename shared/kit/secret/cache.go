// Package secret keeps what a secret holds at hand: read when it is needed, read again
// when it is old or does not serve, and the last good value for as long as there is none
// better.
//
// Invariants:
//
//   - A value is taken whole or not at all, and one that does not parse never replaces
//     one that did.
//   - However many requests come that the value does not serve, it is loaded a bounded
//     number of times, and never twice at a time.
package secret

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// loadTimeout bounds one load.
	loadTimeout = 5 * time.Second
	// firstRetry is the least time between loads while none has ever succeeded.
	firstRetry = time.Second
)

// Source loads a secret. It retries by itself, if at all: the cache asks again only when
// the next request gives reason to.
type Source interface {
	Load(ctx context.Context) ([]byte, error)
}

// Versioned is a source that keeps the value before the current one, too. Of that a cache
// makes use while it has none of its own: after a slip of the hand in the secret a
// function that starts anew goes by the same one as those that run.
type Versioned interface {
	Source
	LoadPrevious(ctx context.Context) ([]byte, error)
}

// Value is what a secret holds.
type Value interface {
	// Empty reports whether it lets nobody in.
	Empty() bool
}

// The usual settings of a cache: a new secret holds within a minute, and requests without a
// match cause at most two loads a minute.
const (
	DefaultMaxAge  = 60 * time.Second
	DefaultRecheck = 30 * time.Second
)

// Config says how a secret is cached.
type Config struct {
	// MaxAge is how long a loaded value is used without another load. Zero loads it
	// for every request.
	MaxAge time.Duration
	// Recheck is the least time between two loads that requests cause which the value
	// does not serve: it may just have been changed. Zero loads for each such request.
	Recheck time.Duration
	// Reload is how long a load may take while an older value would do; one that takes
	// longer has failed. Zero: as long as the first, 5 s.
	Reload time.Duration
	// Now tells the time. It must be set.
	Now func() time.Time
	// OnError hears of every load that failed, for the log; nothing it hears shows
	// a secret. Nil: nobody hears.
	OnError func(context.Context, error)
}

// Cache keeps the value of a secret that it makes of the secret's bytes. It is safe for
// concurrent use.
type Cache[T Value] struct {
	source Source
	parse  func([]byte) (T, error)
	cfg    Config

	// loading has room for the one who loads; who waits for it can stop waiting.
	loading chan struct{}

	mu    sync.Mutex
	state state[T]
}

// NewCache makes a cache that has not loaded anything yet. No error of parse may show
// what it was given.
func NewCache[T Value](source Source, parse func([]byte) (T, error), cfg Config) *Cache[T] {
	return &Cache[T]{source: source, parse: parse, cfg: cfg, loading: make(chan struct{}, 1)}
}

// Reading is a value as it was read. It must not be changed: other requests share it.
type Reading[T Value] struct {
	Value T
	state state[T]
	fresh bool // a load ended while it was asked for
}

// state is what a cache knows. It is replaced as a whole, with a higher attempt; the
// value in it is never changed.
type state[T Value] struct {
	attempt   uint64    // how many loads have ended
	err       error     // the last load's
	triedAt   time.Time // when the last load ended
	value     T         // the last good one, or the one before a current one that is not
	loaded    bool      // there was a good one, even if an empty one
	loadedAt  time.Time // when it was loaded; zero for one that was not current
	recheckAt time.Time // when a request that the value did not serve last caused a load
}

// Read returns the value, loaded again if it is old. While there never was a good one,
// the error is that of the last load.
func (c *Cache[T]) Read(ctx context.Context) (Reading[T], error) {
	seen := c.snapshot()
	used, err := c.refresh(ctx, seen, c.expired, false)
	return Reading[T]{Value: used.value, state: used, fresh: used.attempt != seen.attempt}, err
}

// Again returns a newer value for who was not served by what it read, and false where
// there is none to be had.
func (c *Cache[T]) Again(ctx context.Context, r Reading[T]) (Reading[T], bool) {
	if r.fresh {
		return r, false
	}
	used, err := c.refresh(ctx, r.state, c.recheckDue, true)
	if err != nil || used.attempt == r.state.attempt {
		return r, false
	}
	return Reading[T]{Value: used.value, state: used, fresh: true}, true
}

func (c *Cache[T]) snapshot() state[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// refresh returns a state with a value to use: the one that was seen unless a load is
// due, else what a load has made of it, one's own or one that ended meanwhile.
func (c *Cache[T]) refresh(ctx context.Context, seen state[T], due func(state[T], time.Time) bool, recheck bool) (state[T], error) {
	if !due(seen, c.cfg.Now()) {
		return seen.usable()
	}
	select {
	case c.loading <- struct{}{}:
		defer func() { <-c.loading }()
	case <-ctx.Done():
		seen.err = ctx.Err()
		return seen.usable()
	}
	if current := c.snapshot(); current.attempt != seen.attempt {
		return current.usable()
	}
	return c.load(ctx, seen, recheck).usable()
}

// usable reports the last load's error while there was never a good value.
func (s state[T]) usable() (state[T], error) {
	if !s.loaded {
		return s, s.err
	}
	return s, nil
}

// load loads a value and returns the new state. One that cannot be had or does not parse
// leaves the last good one in place. A load that ends because the request did tells
// nothing about the source, and does not count.
func (c *Cache[T]) load(ctx context.Context, last state[T], recheck bool) state[T] {
	data, err := c.fetch(ctx, last.loaded)
	var value T
	garbled := false
	if err == nil {
		value, err = c.parse(data)
		garbled = err != nil
	}
	next := last
	next.err = err
	if err != nil && ctx.Err() != nil {
		return next
	}
	next.attempt++
	next.triedAt = c.cfg.Now()
	if recheck {
		next.recheckAt = next.triedAt
	}
	if err == nil {
		next.value, next.loaded, next.loadedAt = value, true, next.triedAt
	} else if c.cfg.OnError != nil {
		c.cfg.OnError(ctx, err)
	}
	if garbled && !last.loaded {
		next.value, next.loaded = c.fetchPrevious(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state = next
	return next
}

func (c *Cache[T]) fetch(ctx context.Context, again bool) ([]byte, error) {
	timeout := loadTimeout
	if again && c.cfg.Reload > 0 {
		timeout = c.cfg.Reload
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	data, err := c.source.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading: %w", err)
	}
	return data, nil
}

// fetchPrevious returns the value before the current one, false where that is no help:
// then it is the current one's error that counts.
func (c *Cache[T]) fetchPrevious(ctx context.Context) (value T, helps bool) {
	source, versioned := c.source.(Versioned)
	if !versioned {
		return value, false
	}
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	data, err := source.LoadPrevious(ctx)
	if err != nil {
		return value, false
	}
	previous, err := c.parse(data)
	if err != nil || previous.Empty() {
		return value, false
	}
	return previous, true
}

// expired reports whether the value is to be loaded before it is used.
func (c *Cache[T]) expired(s state[T], now time.Time) bool {
	since := now.Sub(s.triedAt)
	switch {
	case !s.loaded:
		return s.attempt == 0 || since >= firstRetry
	case now.Sub(s.loadedAt) < c.cfg.MaxAge:
		return false
	case s.err != nil: // the source is in trouble: the last good value does for a while
		return since >= min(c.cfg.MaxAge, c.cfg.Recheck)
	}
	return true
}

// recheckDue reports whether a request that the value did not serve may cause a load.
func (c *Cache[T]) recheckDue(s state[T], now time.Time) bool {
	return s.recheckAt.IsZero() || now.Sub(s.recheckAt) >= c.cfg.Recheck
}
