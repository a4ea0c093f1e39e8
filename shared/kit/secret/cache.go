// Package secret caches a secret's value. It loads the value when it is needed. It loads the value
// again if the value is old, or if it does not match a request's signature or token. It keeps the
// last good value until a newer good value is loaded.
//
// Invariants:
//
//   - A value is used whole or not at all. A value that does not parse never replaces a good
//     one.
//   - The number of loads is bounded, however many requests the value does not match. Two
//     loads never run at the same time.
package secret

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// loadTimeout is the time limit of one load.
	loadTimeout = 5 * time.Second
	// firstRetry is the minimum time between two loads as long as no load has succeeded.
	firstRetry = time.Second
)

// Source loads a secret. If retries are needed, Load must make them itself: after a failure, the
// cache loads again only when a later request needs the value.
type Source interface {
	Load(ctx context.Context) ([]byte, error)
}

// Versioned is a source that also keeps the secret's previous value. If somebody stores a value
// that does not parse, a running function keeps its last good value. A newly started function has
// none, so its cache loads the previous value.
type Versioned interface {
	Source
	LoadPrevious(ctx context.Context) ([]byte, error)
}

// Value is the parsed content of a secret.
type Value interface {
	// Empty reports whether the value matches no request at all.
	Empty() bool
}

// The default settings of a cache. A changed secret takes effect within a minute, and requests
// without a match cause at most two loads per minute.
const (
	DefaultMaxAge  = 60 * time.Second
	DefaultRecheck = 30 * time.Second
)

// Config holds a cache's settings.
type Config struct {
	// MaxAge is the time for which a loaded value is used before the next load. 0 means a load
	// for each request.
	MaxAge time.Duration
	// Recheck is the minimum time between two loads for requests that the value does not match.
	// Such a request causes a load because the secret may just have changed. 0 means a load for
	// each such request.
	Recheck time.Duration
	// Reload is the time limit of a load while an older value is available. 0 means the limit of
	// the first load, 5 s.
	Reload time.Duration
	// Now returns the current time. It must be set.
	Now func() time.Time
	// OnError is called with every error of a load, so that the caller can log it. These errors
	// must not contain a secret. Nil means no call.
	OnError func(context.Context, error)
}

// Cache keeps the parsed value of a secret. It is safe for concurrent use.
type Cache[T Value] struct {
	source Source
	parse  func([]byte) (T, error)
	cfg    Config

	// loading is a lock: the goroutine that loads holds it. It is a channel, so that waiting for
	// it ends with the request's context.
	loading chan struct{}

	mu    sync.Mutex
	state state[T]
}

// NewCache returns a cache that has loaded nothing yet. The errors of parse must not contain its
// input.
func NewCache[T Value](source Source, parse func([]byte) (T, error), cfg Config) *Cache[T] {
	return &Cache[T]{source: source, parse: parse, cfg: cfg, loading: make(chan struct{}, 1)}
}

// Reading is a value that a request has read. Callers must not change the value, because other
// requests share it.
type Reading[T Value] struct {
	Value T
	state state[T]
	fresh bool // whether a load ended while the value was being read
}

// state is the state of a cache. Each load replaces the whole state and adds 1 to the field
// attempt. The secret's value in the state must not be changed.
type state[T Value] struct {
	attempt   uint64    // number of loads that have ended
	err       error     // error of the last load; nil if it succeeded
	triedAt   time.Time // time at which the last load ended
	value     T         // the last good value, or the secret's previous value if no load gave a good one
	loaded    bool      // true once the field value is set; the value may be empty
	loadedAt  time.Time // time at which value was loaded; zero for a previous version
	recheckAt time.Time // end of the last load that a request caused because value did not match it
}

// Read returns the value, and loads it first if it is too old. If no load ever succeeded, it
// returns the last load's error.
func (c *Cache[T]) Read(ctx context.Context) (Reading[T], error) {
	seen := c.snapshot()
	used, err := c.refresh(ctx, seen, c.expired, false)
	return Reading[T]{Value: used.value, state: used, fresh: used.attempt != seen.attempt}, err
}

// Again returns a newer value than r, for a request that the value r did not match. It returns
// false if there is no newer value.
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

// refresh returns the state that the caller must use. The parameter seen is the state that the
// caller has. If the function due says that no load is due, refresh returns seen. Otherwise it
// loads the value, unless another call has just loaded it, and returns the new state.
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

// usable returns s. If s holds no value, usable also returns the error in s.
func (s state[T]) usable() (state[T], error) {
	if !s.loaded {
		return s, s.err
	}
	return s, nil
}

// load loads a value and returns the new state. If the load fails or the value does not parse,
// the last good value stays. A load that ends because its request was cancelled is not counted,
// because this is no fault of the source.
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

// fetchPrevious loads the secret's previous value. It returns false if there is none, or if it does
// not parse or is empty.
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

// expired reports whether a load is due before the value is used.
func (c *Cache[T]) expired(s state[T], now time.Time) bool {
	since := now.Sub(s.triedAt)
	switch {
	case !s.loaded:
		return s.attempt == 0 || since >= firstRetry
	case now.Sub(s.loadedAt) < c.cfg.MaxAge:
		return false
	case s.err != nil: // the last load failed: use the last good value until the next retry is due
		return since >= min(c.cfg.MaxAge, c.cfg.Recheck)
	}
	return true
}

// recheckDue reports whether a new load is allowed now because a request does not match the cached
// value.
func (c *Cache[T]) recheckDue(s state[T], now time.Time) bool {
	return s.recheckAt.IsZero() || now.Sub(s.recheckAt) >= c.cfg.Recheck
}
