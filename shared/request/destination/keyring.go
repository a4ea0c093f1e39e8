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

// What [Keyring.Verify] fails with.
var (
	// ErrUnauthentic is a request that no destination's secret has signed. It wraps
	// the signature's error that came nearest to a match.
	ErrUnauthentic = errors.New("request not authentic")
	// ErrUnavailable means that no list of destinations was ever loaded: whether
	// the request is authentic is not known.
	ErrUnavailable = errors.New("destinations unavailable")
)

// ErrUnlisted is [Keyring.Named]'s error for a name that the list does not have.
var ErrUnlisted = errors.New("destination not listed")

// Config says how a keyring caches the list.
type Config = secret.Config

// Keyring verifies requests with the secrets of a list that it keeps fresh. It
// is safe for concurrent use and never loads twice at a time.
type Keyring struct {
	cache *secret.Cache[list]
	now   func() time.Time
}

// NewKeyring makes a keyring of the source's JSON list that has not loaded anything yet.
func NewKeyring(source secret.Source, cfg Config) *Keyring {
	return &Keyring{cache: secret.NewCache(source, parseList, cfg), now: cfg.Now}
}

// list is what the secret holds.
type list []Destination

// Empty implements [secret.Value].
func (l list) Empty() bool { return len(l) == 0 }

func parseList(data []byte) (list, error) {
	l, err := Parse(data)
	return l, err
}

// Match says who signed a request.
type Match struct {
	// Destination must not be changed: other requests share it.
	Destination *Destination
	// KeyIndex is the place of the secret that matched among the destination's; -1 where no
	// secret was asked for.
	KeyIndex int
	// KeyHint is the secret's last four characters.
	KeyHint string
	// Others are the libraries of the list's other destinations, without the destination's
	// own library.
	Others []string
}

// Verify checks a request's raw body against every secret of every destination,
// in the list's order. Errors: ErrUnauthentic, ErrUnavailable.
func (k *Keyring) Verify(ctx context.Context, headers signature.Headers, body []byte) (Match, error) {
	read, err := k.cache.Read(ctx)
	if err != nil {
		return Match{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	match, err := verify(read.Value, headers, body, k.now())
	if err == nil || errors.Is(err, signature.ErrMissing) {
		return match, err // it matched, or no list could help
	}
	again, newer := k.cache.Again(ctx, read)
	if !newer {
		return match, err
	}
	return verify(again.Value, headers, body, k.now())
}

// Named returns the destination of a name, without any secret, for a door whose events nobody
// signs. Errors: ErrUnlisted, ErrUnavailable.
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

// verify tries one list.
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

// others returns the libraries of a list other than that of d, each once.
func others(list []Destination, d Destination) (libraries []string) {
	for _, other := range list {
		if other.Library != d.Library && !slices.Contains(libraries, other.Library) {
			libraries = append(libraries, other.Library)
		}
	}
	return libraries
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

// ReportLoadFailure reports that the destinations' secret could not be loaded.
func ReportLoadFailure(ctx context.Context, to telemetry.Reporter, err error) {
	to.Log.WarnContext(ctx, "destinations not loaded", "error", err.Error())
	var m telemetry.Measures
	m.Count(names.MetricLoadFailures)
	to.Measure(ctx, m)
}
