package destination

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"masterhand/shared/signature"
)

// What [Keyring.Verify] fails with.
var (
	// ErrUnauthentic is a request that no destination's secret has signed. It wraps
	// the signature's error that came nearest to a match.
	ErrUnauthentic = errors.New("request not authentic")
	// ErrUnavailable means that no list of destinations was ever loaded: whether
	// the request is authentic is not known.
	ErrUnavailable = errors.New("destinations unavailable")
)

// Source loads the JSON list of destinations. It retries by itself, if at all:
// the keyring asks again only when the next request gives reason to.
type Source interface {
	Load(ctx context.Context) ([]byte, error)
}

// Versioned is a source that keeps the list before the current one, too. Of that a
// keyring makes use while it has none of its own: after a slip of the hand in the list a
// function that starts anew goes by the same secrets as those that run.
type Versioned interface {
	Source
	LoadPrevious(ctx context.Context) ([]byte, error)
}

// Config says how a keyring caches.
type Config struct {
	// MaxAge is how long a loaded list is used without another load. Zero loads it
	// for every request.
	MaxAge time.Duration
	// Recheck is the least time between two loads that requests without a match
	// cause: a secret may just have been added. Zero loads for each such request.
	Recheck time.Duration
	// Now tells the time. It must be set.
	Now func() time.Time
	// OnError hears of every load that failed, for the log; nothing it hears shows
	// a secret. Nil: nobody hears.
	OnError func(error)
}

// Keyring verifies requests with the secrets of a list that it keeps fresh. It
// is safe for concurrent use and never loads twice at a time.
type Keyring struct {
	source Source
	cfg    Config

	// loading has room for the one who loads; who waits for it can stop waiting.
	loading chan struct{}

	mu    sync.Mutex
	state state
}

// NewKeyring makes a keyring that has not loaded anything yet.
func NewKeyring(source Source, cfg Config) *Keyring {
	return &Keyring{source: source, cfg: cfg, loading: make(chan struct{}, 1)}
}

// Match says who signed a request.
type Match struct {
	// Destination must not be changed: other requests share it.
	Destination *Destination
	// KeyIndex is the place of the secret that matched among the destination's.
	KeyIndex int
	// KeyHint is the secret's last four characters.
	KeyHint string
}

// Verify checks a request's raw body against every secret of every destination,
// in the list's order. Errors: ErrUnauthentic, ErrUnavailable.
func (k *Keyring) Verify(ctx context.Context, headers signature.Headers, body []byte) (Match, error) {
	found := k.snapshot()
	used, err := k.refresh(ctx, found, k.expired, false)
	if err != nil {
		return Match{}, err
	}
	match, err := verify(used.list, headers, body, k.cfg.Now())
	if err == nil || used.attempt != found.attempt || errors.Is(err, signature.ErrMissing) {
		return match, err // it matched, the list is fresh, or no list could help
	}
	again, loadErr := k.refresh(ctx, used, k.recheckDue, true)
	if loadErr != nil || again.attempt == used.attempt {
		return match, err
	}
	return verify(again.list, headers, body, k.cfg.Now())
}

// verify tries one list.
func verify(list []Destination, headers signature.Headers, body []byte, now time.Time) (Match, error) {
	nearest := signature.ErrMissing
	if len(list) == 0 {
		nearest = signature.ErrMismatch
	}
	for i := range list {
		which, err := signature.Verify(list[i].Scheme, headers, body, list[i].Keys, now)
		if err == nil {
			return Match{Destination: &list[i], KeyIndex: which, KeyHint: list[i].Keys[which].Hint()}, nil
		}
		if rank(err) > rank(nearest) {
			nearest = err
		}
	}
	return Match{}, fmt.Errorf("%w: %w", ErrUnauthentic, nearest)
}

// rank orders the signature's errors by how far the verification came.
func rank(err error) int {
	for i, known := range []error{signature.ErrMissing, signature.ErrGrammar, signature.ErrTimestamp, signature.ErrMismatch} {
		if errors.Is(err, known) {
			return i
		}
	}
	return -1
}
