package destination_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

const (
	oldSecret = "whsec_old-old-old-old1"
	newSecret = "whsec_new-new-new-new2"
	stamped   = "whsec_tim-tim-tim-tim3"
	standard  = "whsec_c3RhbmRhcmQtc3RhbmRhcmQ="
)

var body = []byte(`{"creative":{}}`)

// source is a secret's value and a clock; the test can change both.
type source struct {
	mu    sync.Mutex
	value string
	err   error
	loads int
}

func (s *source) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loads++
	return []byte(s.value), s.err
}

func (s *source) set(value string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.err = value, err
}

// ring contains a keyring, the keyring's source and clock, and the load failures that were
// reported.
type ring struct {
	*destination.Keyring
	source   *source
	now      time.Time
	reported []error
}

func newRing(value string) *ring {
	r := &ring{source: &source{value: value}, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	r.Keyring = destination.NewKeyring(r.source, destination.Config{
		MaxAge: time.Minute, Recheck: 30 * time.Second,
		Now:     func() time.Time { return r.now },
		OnError: func(_ context.Context, err error) { r.reported = append(r.reported, err) },
	})
	return r
}

// list returns a secret's value with one destination.
func list(scheme signature.Scheme, secrets ...string) string {
	return fmt.Sprintf(`[{"name":"acme","scheme":%q,"secrets":["%s"]}]`, scheme, strings.Join(secrets, `","`))
}

// signed returns the headers that a sender with these secrets sets; the first secret is the current
// one.
func signed(t *testing.T, scheme signature.Scheme, at time.Time, secrets ...string) signature.Headers {
	t.Helper()
	var keys []signature.Key
	for _, secret := range secrets {
		key, err := signature.NewKey(scheme, secret)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	headers := signature.Sign(scheme, keys, "msg_1", at, body)
	return func(name string) string { return headers[name] }
}

func (r *ring) verify(t *testing.T, headers signature.Headers) (destination.Match, error) {
	t.Helper()
	return r.Verify(t.Context(), headers, body)
}

func TestVerifyFindsDestinationAndSecret(t *testing.T) {
	t.Parallel()
	r := newRing(fmt.Sprintf(`[{"name":"a","scheme":"standard","secrets":["%s"]},
		{"name":"b","scheme":"outpost-timestamped","secrets":["%s"],"library":"b"},
		{"name":"c","secrets":["%s","%s"]}]`, standard, stamped, newSecret, oldSecret))
	for _, test := range []struct {
		scheme  signature.Scheme
		secrets []string
		name    string
		index   int
		hint    string
	}{
		{signature.Standard, []string{standard}, "a", 0, "cmQ="},
		{signature.OutpostTimestamped, []string{stamped}, "b", 0, "tim3"},
		{signature.Outpost, []string{newSecret}, "c", 0, "new2"},
		{signature.Outpost, []string{oldSecret}, "c", 1, "old1"},
		{signature.Outpost, []string{newSecret, oldSecret}, "c", 0, "new2"},
		{signature.Outpost, []string{"whsec_some-third-secret", oldSecret}, "c", 1, "old1"},
	} {
		match, err := r.verify(t, signed(t, test.scheme, r.now, test.secrets...))
		if err != nil || match.Destination.Name != test.name || match.KeyIndex != test.index || match.KeyHint != test.hint {
			t.Errorf("%s with %v: %+v, %v", test.scheme, test.secrets, match, err)
		}
	}
	if r.source.loads != 1 {
		t.Errorf("%d loads, want 1", r.source.loads)
	}
}

func TestAMatchNamesTheLibrariesOfOtherDestinations(t *testing.T) {
	t.Parallel()
	r := newRing(fmt.Sprintf(`[{"name":"a","secrets":["%s"]},{"name":"b","library":"films","secrets":["%s"]},
		{"name":"c","library":"films","secrets":["%s3"]},{"name":"d","secrets":["%s4"]}]`, newSecret, oldSecret, newSecret, newSecret))
	for secret, want := range map[string]string{newSecret: "[films]", oldSecret: "[default]", newSecret + "4": "[films]"} {
		match, err := r.verify(t, signed(t, signature.Outpost, r.now, secret))
		if err != nil || fmt.Sprint(match.Others) != want {
			t.Errorf("%s: %+v, %v; want the others %s", secret, match, err, want)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	both := strings.TrimSuffix(list(signature.Outpost, newSecret), "]") + `,{"name":"s","scheme":"standard","secrets":["` + standard + `"]}]`
	for name, test := range map[string]struct {
		value   string
		headers func(r *ring) signature.Headers
		want    error
	}{
		"no header":  {both, func(*ring) signature.Headers { return func(string) string { return "" } }, signature.ErrMissing},
		"no grammar": {both, func(*ring) signature.Headers { return func(string) string { return "v0=x" } }, signature.ErrGrammar},
		"forged":     {both, func(r *ring) signature.Headers { return signed(t, signature.Outpost, r.now, oldSecret) }, signature.ErrMismatch},
		"stale":      {both, func(r *ring) signature.Headers { return signed(t, signature.Standard, r.now.Add(-time.Hour), standard) }, signature.ErrTimestamp},
		"nobody":     {"[]", func(r *ring) signature.Headers { return signed(t, signature.Outpost, r.now, newSecret) }, signature.ErrMismatch},
	} {
		r := newRing(test.value)
		match, err := r.verify(t, test.headers(r))
		if !errors.Is(err, destination.ErrUnauthentic) || !errors.Is(err, test.want) || match.Destination != nil {
			t.Errorf("%s: %+v, %v; want ErrUnauthentic around %v", name, match, err, test.want)
		}
	}
}

func TestListIsLoadedAgainWhenItIsOld(t *testing.T) {
	t.Parallel()
	r := newRing(list(signature.Outpost, newSecret))
	for _, step := range []struct {
		after time.Duration
		loads int
	}{{0, 1}, {59 * time.Second, 1}, {time.Second, 2}, {time.Minute - 1, 2}, {1, 3}} {
		r.now = r.now.Add(step.after)
		if _, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret)); err != nil || r.source.loads != step.loads {
			t.Errorf("%v later: %v and %d loads, want %d", step.after, err, r.source.loads, step.loads)
		}
	}
}

func TestNewSecretCountsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRing(list(signature.Outpost, oldSecret))
	if _, err := r.verify(t, signed(t, signature.Outpost, r.now, oldSecret)); err != nil {
		t.Fatal(err)
	}
	r.source.set(list(signature.Outpost, newSecret, oldSecret), nil)
	match, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret))
	if err != nil || match.KeyHint != "new2" || r.source.loads != 2 {
		t.Errorf("the new secret: %+v, %v after %d loads", match, err, r.source.loads)
	}
	r.source.set(list(signature.Outpost, newSecret), nil)
	r.now = r.now.Add(time.Minute)
	if _, err := r.verify(t, signed(t, signature.Outpost, r.now, oldSecret)); !errors.Is(err, signature.ErrMismatch) {
		t.Errorf("the secret that was taken out: %v, want ErrMismatch", err)
	}
}

func TestForgedRequestsCauseFewLoads(t *testing.T) {
	t.Parallel()
	r := newRing(list(signature.Outpost, newSecret))
	forged := signed(t, signature.Outpost, r.now, oldSecret)
	for range 6000 { // ten forged requests per second for ten minutes
		if _, err := r.verify(t, forged); !errors.Is(err, destination.ErrUnauthentic) {
			t.Fatal(err)
		}
		r.now = r.now.Add(100 * time.Millisecond)
	}
	// In these 10 minutes, forged requests cause at most 20 loads (one in 30 s). The age of the loaded
	// secrets causes at most 10 more (one in 60 s). With the first load, this makes 31.
	if r.source.loads < 20 || r.source.loads > 31 {
		t.Errorf("%d loads in ten minutes", r.source.loads)
	}
	loads := r.source.loads
	for range 100 {
		_, _ = r.verify(t, func(string) string { return "" })
	}
	if r.source.loads > loads+1 {
		t.Errorf("requests without a signature caused %d loads", r.source.loads-loads)
	}
}

func TestRecheckZeroLoadsForEachMismatch(t *testing.T) {
	t.Parallel()
	src := &source{value: list(signature.Outpost, newSecret)}
	keys := destination.NewKeyring(src, destination.Config{MaxAge: time.Hour, Now: time.Now})
	for range 3 {
		_, _ = keys.Verify(t.Context(), signed(t, signature.Outpost, time.Now(), oldSecret), body)
	}
	// each of the three requests, whose signatures match no secret, causes one load of the list
	if src.loads != 3 {
		t.Errorf("%d loads, want 3", src.loads)
	}
}

func TestLastGoodListSurvives(t *testing.T) {
	t.Parallel()
	down := errors.New("service down")
	good := list(signature.Outpost, newSecret)
	for name, broken := range map[string]struct {
		value string
		err   error
	}{
		"error":              {"", down},
		"error beside value": {"[]", down},
		"empty":              {"", nil},
		"half":               {good[:len(good)/2], nil},
		"null":               {"null", nil},
		"one bad entry":      {strings.TrimSuffix(good, "]") + `,{"name":""}]`, nil},
	} {
		r := newRing(good)
		if _, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret)); err != nil {
			t.Fatal(err)
		}
		r.source.set(broken.value, broken.err)
		for range 120 { // two requests per minute for an hour
			r.now = r.now.Add(30 * time.Second)
			if _, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(r.reported) != 119 || r.source.loads != 120 {
			t.Errorf("%s: %d errors reported of %d loads", name, len(r.reported), r.source.loads)
		}
		if broken.err != nil && !errors.Is(r.reported[0], broken.err) {
			t.Errorf("%s: reported %v", name, r.reported[0])
		}
		r.source.set("[]", nil)
		r.now = r.now.Add(time.Minute)
		if _, err := r.verify(t, signed(t, signature.Outpost, r.now, newSecret)); !errors.Is(err, destination.ErrUnauthentic) {
			t.Errorf("%s: a good list afterwards: %v", name, err)
		}
	}
}

func TestDestinationsAreUnavailableUntilAListIsLoaded(t *testing.T) {
	t.Parallel()
	r := newRing("[")
	headers := signed(t, signature.Outpost, r.now, newSecret)
	var parse *destination.ParseError
	for range 100 {
		_, err := r.verify(t, headers)
		if !errors.Is(err, destination.ErrUnavailable) || !errors.As(err, &parse) || errors.Is(err, destination.ErrUnauthentic) {
			t.Fatalf("got %v, want ErrUnavailable around what is wrong with the list", err)
		}
	}
	if r.source.loads != 1 {
		t.Errorf("%d loads within one second", r.source.loads)
	}
	down := errors.New("service down")
	r.source.set("", down)
	r.now = r.now.Add(time.Second)
	if _, err := r.verify(t, headers); !errors.Is(err, destination.ErrUnavailable) || !errors.Is(err, down) {
		t.Errorf("got %v, want ErrUnavailable around the source's error", err)
	}
	r.source.set(list(signature.Outpost, newSecret), nil)
	r.now = r.now.Add(time.Second)
	if _, err := r.verify(t, headers); err != nil || r.source.loads != 3 || len(r.reported) != 2 {
		t.Errorf("a second later: %v, %d loads, %d errors reported", err, r.source.loads, len(r.reported))
	}
}
