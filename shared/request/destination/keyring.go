package destination

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/secret"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/request/signature"
)

// The errors that [Keyring.Verify] returns.
var (
	// ErrUnauthentic means that no destination's secret signed the request. It wraps the error of
	// the destination whose check got furthest, such as [signature.ErrMismatch].
	ErrUnauthentic = errors.New("request not authentic")
	// ErrUnavailable means that no list of destinations was ever loaded, so it is unknown whether
	// the request is authentic.
	ErrUnavailable = errors.New("destinations unavailable")
)

// ErrUnlisted is the error of [Keyring.Named] for a name that is not in the list.
var ErrUnlisted = errors.New("destination not listed")

// Config sets how long a keyring caches the list.
type Config = secret.Config

// Keyring verifies requests with the secrets of a list that it keeps up to date. It is safe for
// concurrent use, and never runs two loads at once.
type Keyring struct {
	cache *secret.Cache[list]
	now   func() time.Time
}

// NewKeyring returns a keyring for the JSON list in the source. It loads the list at its first use.
func NewKeyring(source secret.Source, cfg Config) *Keyring {
	return &Keyring{cache: secret.NewCache(source, parseList, cfg), now: cfg.Now}
}

// list is the content of the secret.
type list []Destination

// Empty implements [secret.Value].
func (l list) Empty() bool { return len(l) == 0 }

func parseList(data []byte) (list, error) {
	l, err := Parse(data)
	return l, err
}

// Match describes the destination to which a request belongs.
type Match struct {
	// Destination is shared with other requests, so callers must not change it.
	Destination *Destination
	// KeyIndex is the index of the matching secret in the destination's list; -1 if no secret was
	// needed.
	KeyIndex int
	// KeyHint is the last four characters of the secret.
	KeyHint string
	// Others are the names of the libraries that the list's other destinations use. This
	// destination's own library is not among them.
	Others []string
}

// Verify checks a request's raw body against every secret of every destination, in the list's
// order. It returns ErrUnauthentic or ErrUnavailable if no secret matches.
func (k *Keyring) Verify(ctx context.Context, headers signature.Headers, body []byte) (Match, error) {
	read, err := k.cache.Read(ctx)
	if err != nil {
		return Match{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	match, err := verify(read.Value, headers, body, k.now())
	if err == nil || errors.Is(err, signature.ErrMissing) {
		return match, err // the result is final: a secret matched, or a newer list could not change the result
	}
	again, newer := k.cache.Again(ctx, read)
	if !newer {
		return match, err
	}
	return verify(again.Value, headers, body, k.now())
}

// Named returns the destination with the given name. It checks no secret, because it is for doors
// whose events are not signed. It returns ErrUnlisted if the list lacks the name, and
// ErrUnavailable if no list could be loaded.
func (k *Keyring) Named(ctx context.Context, name string) (Match, error) {
	read, err := k.cache.Read(ctx)
	if err != nil {
		return Match{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if match, found := named(read.Value, name); found {
		return match, nil
	}
	if again, newer := k.cache.Again(ctx, read); newer {
		if match, found := named(again.Value, name); found {
			return match, nil
		}
	}
	return Match{}, fmt.Errorf("%w: %q", ErrUnlisted, name)
}

func named(list []Destination, name string) (Match, bool) {
	i := slices.IndexFunc(list, func(d Destination) bool { return d.Name == name })
	if i < 0 {
		return Match{}, false
	}
	return Match{Destination: &list[i], KeyIndex: -1, Others: others(list, list[i])}, true
}

// verify checks a request against one list.
func verify(list []Destination, headers signature.Headers, body []byte, now time.Time) (Match, error) {
	nearest := signature.ErrMissing
	if len(list) == 0 {
		nearest = signature.ErrMismatch
	}
	for i := range list {
		which, err := signature.Verify(list[i].Scheme, headers, body, list[i].Keys, now)
		if err == nil {
			return Match{Destination: &list[i], KeyIndex: which, KeyHint: list[i].Keys[which].Hint(), Others: others(list, list[i])}, nil
		}
		if rank(err) > rank(nearest) {
			nearest = err
		}
	}
	return Match{}, fmt.Errorf("%w: %w", ErrUnauthentic, nearest)
}

// others returns the libraries of a list except the library of d. Each library is listed once.
func others(list []Destination, d Destination) (libraries []string) {
	for _, other := range list {
		if other.Library != d.Library && !slices.Contains(libraries, other.Library) {
			libraries = append(libraries, other.Library)
		}
	}
	return libraries
}

// rank returns a number for a signature error: the higher the number, the closer the request was to
// a match.
func rank(err error) int {
	for i, known := range []error{signature.ErrMissing, signature.ErrGrammar, signature.ErrTimestamp, signature.ErrMismatch} {
		if errors.Is(err, known) {
			return i
		}
	}
	return -1
}

// ReportLoadFailure reports that the destinations' secret could not be loaded.
func ReportLoadFailure(ctx context.Context, to telemetry.Reporter, err error) {
	to.Log.WarnContext(ctx, "destinations not loaded", "error", err.Error())
	var m telemetry.Measures
	m.Count(names.MetricLoadFailures)
	to.Measure(ctx, m)
}
