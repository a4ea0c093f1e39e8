package signature_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/request/signature"
)

var schemes = []signature.Scheme{signature.Outpost, signature.OutpostTimestamped, signature.Standard}

const (
	secret = "whsec_bWFzdGVyaGFuZCB0ZXN0IGtleSBvbmU="
	other  = "whsec_bWFzdGVyaGFuZCB0ZXN0IGtleSB0d28="
)

var (
	now  = time.Unix(1_795_221_065, 0)
	body = []byte(`{"a":"\u0026"}`)
)

func key(t testing.TB, scheme signature.Scheme, secret string) signature.Key {
	t.Helper()
	k, err := signature.NewKey(scheme, secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// headers returns a lookup in the headers that Sign returned.
func headers(m map[string]string) signature.Headers {
	return func(name string) string { return m[name] }
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	captures, err := events.Captures()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			stranger := key(t, c.Scheme, other)
			for _, signer := range c.SignedWith {
				keys := []signature.Key{stranger, key(t, c.Scheme, signer)}
				which, err := signature.Verify(c.Scheme, c.Header, c.Body, keys, c.ReceivedAt)
				if which != 1 || err != nil {
					t.Errorf("with the secret …%s: key %d, %v", keys[1].Hint(), which, err)
				}
			}
			if which, err := signature.Verify(c.Scheme, c.Header, c.Body, []signature.Key{stranger}, c.ReceivedAt); which != -1 || !errors.Is(err, signature.ErrMismatch) {
				t.Errorf("with another secret: key %d, %v", which, err)
			}
			altered := append([]byte(" "), c.Body...)
			keys := []signature.Key{key(t, c.Scheme, c.SignedWith[0])}
			if which, err := signature.Verify(c.Scheme, c.Header, altered, keys, c.ReceivedAt); which != -1 || !errors.Is(err, signature.ErrMismatch) {
				t.Errorf("altered body: key %d, %v", which, err)
			}
			for _, scheme := range schemes {
				if _, err := signature.Verify(scheme, c.Header, c.Body, keys, c.ReceivedAt); scheme != c.Scheme && err == nil {
					t.Errorf("accepted under the scheme %s", scheme)
				}
			}
		})
	}
}

// TestTheMatchingKeyOfARotationIsReported checks that Verify reports which secret signed, while a
// destination has both a new and an old secret.
func TestTheMatchingKeyOfARotationIsReported(t *testing.T) {
	t.Parallel()
	want := map[string]int{"rotation_dual_oss_doc": 0, "rotation_2s_after_rotate_still_old_secret_only": 1}
	captures, err := events.Captures()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		if c.PreviousSecret == "" {
			continue
		}
		keys := []signature.Key{key(t, c.Scheme, c.CurrentSecret), key(t, c.Scheme, c.PreviousSecret)}
		if which, err := signature.Verify(c.Scheme, c.Header, c.Body, keys, c.ReceivedAt); which != want[c.Name] || err != nil {
			t.Errorf("%s: key %d, %v; want key %d", c.Name, which, err, want[c.Name])
		}
		delete(want, c.Name)
	}
	if len(want) > 0 {
		t.Errorf("no captures %v", want)
	}
}

func TestSignRoundTrip(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes {
		current, previous := key(t, scheme, secret), key(t, scheme, other)
		tests := []struct {
			name         string
			signed, held []signature.Key
			which        int
			err          error
		}{
			{"one", []signature.Key{current}, []signature.Key{current}, 0, nil},
			{"rotating, both held", []signature.Key{current, previous}, []signature.Key{current, previous}, 0, nil},
			{"rotating, only the old one held", []signature.Key{current, previous}, []signature.Key{previous}, 0, nil},
			{"rotating, only the new one held", []signature.Key{current, previous}, []signature.Key{current}, 0, nil},
			{"signed with the old one alone", []signature.Key{previous}, []signature.Key{current, previous}, 1, nil},
			{"signed with the old one, which was dropped", []signature.Key{previous}, []signature.Key{current}, -1, signature.ErrMismatch},
			{"no key held", []signature.Key{current}, nil, -1, signature.ErrMismatch},
		}
		for _, test := range tests {
			t.Run(string(scheme)+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				for _, body := range [][]byte{body, nil} {
					signed := headers(signature.Sign(scheme, test.signed, "evt_1", now, body))
					which, err := signature.Verify(scheme, signed, body, test.held, now)
					if which != test.which || !errors.Is(err, test.err) {
						t.Errorf("body %q: key %d, %v; want %d, %v", body, which, err, test.which, test.err)
					}
				}
			})
		}
	}
}

func TestATimestampMayDifferByFiveMinutes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		scheme signature.Scheme
		skew   time.Duration
		err    error
	}{
		{signature.Outpost, 24 * time.Hour, nil}, // accepted: this scheme signs no timestamp
		{signature.OutpostTimestamped, 5 * time.Minute, nil},
		{signature.OutpostTimestamped, -5 * time.Minute, nil},
		{signature.OutpostTimestamped, 5*time.Minute + time.Second, signature.ErrTimestamp},
		{signature.OutpostTimestamped, -5*time.Minute - time.Second, signature.ErrTimestamp},
		{signature.Standard, 5 * time.Minute, nil},
		{signature.Standard, -5 * time.Minute, nil},
		{signature.Standard, 5*time.Minute + time.Second, signature.ErrTimestamp},
		{signature.Standard, -5*time.Minute - time.Second, signature.ErrTimestamp},
	}
	for _, test := range tests {
		keys := []signature.Key{key(t, test.scheme, secret)}
		signed := headers(signature.Sign(test.scheme, keys, "evt_1", now.Add(test.skew), body))
		if _, err := signature.Verify(test.scheme, signed, body, keys, now); !errors.Is(err, test.err) {
			t.Errorf("%s, %v off: %v, want %v", test.scheme, test.skew, err, test.err)
		}
	}
}

// TestTheEpochIsATimestampLikeAnyOther checks that the timestamp 0 is treated like any other.
func TestTheEpochIsATimestampLikeAnyOther(t *testing.T) {
	t.Parallel()
	for _, scheme := range []signature.Scheme{signature.OutpostTimestamped, signature.Standard} {
		keys := []signature.Key{key(t, scheme, secret)}
		signed := headers(signature.Sign(scheme, keys, "evt_1", time.Unix(0, 0), body))
		if _, err := signature.Verify(scheme, signed, body, keys, now); !errors.Is(err, signature.ErrTimestamp) {
			t.Errorf("%s: %v", scheme, err)
		}
		if _, err := signature.Verify(scheme, signed, body, keys, time.Unix(60, 0)); err != nil {
			t.Errorf("%s, in time: %v", scheme, err)
		}
	}
}

// TestSignedPartsCannotBeShifted checks that no bytes can move from one signed part to another.
func TestSignedPartsCannotBeShifted(t *testing.T) {
	t.Parallel()
	keys := []signature.Key{key(t, signature.Standard, secret)}
	stamp := strconv.FormatInt(now.Unix(), 10)
	signed := signature.Sign(signature.Standard, keys, "evt_1", now, body)
	for name, change := range map[string]map[string]string{
		"another id":        {"webhook-id": "evt_2"},
		"another timestamp": {"webhook-timestamp": strconv.FormatInt(now.Unix()+1, 10)},
		"timestamp as text": {"webhook-timestamp": "0" + stamp},
	} {
		forged := headers(merged(signed, change))
		if _, err := signature.Verify(signature.Standard, forged, body, keys, now); !errors.Is(err, signature.ErrMismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
	timestamped := []signature.Key{key(t, signature.OutpostTimestamped, secret)}
	plain := signature.Sign(signature.Outpost, timestamped, "", now, append([]byte(stamp+"."), body...))
	moved := map[string]string{"x-outpost-signature": "t=" + stamp + "," + plain["x-outpost-signature"]}
	if _, err := signature.Verify(signature.OutpostTimestamped, headers(moved), body, timestamped, now); err != nil {
		t.Errorf("the timestamped scheme signs something other than timestamp, dot and body: %v", err)
	}
	if _, err := signature.Verify(signature.OutpostTimestamped, headers(moved), body[1:], timestamped, now); !errors.Is(err, signature.ErrMismatch) {
		t.Errorf("a part of the body: %v", err)
	}
}

func merged(base, change map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range []map[string]string{base, change} {
		for name, value := range m {
			all[name] = value
		}
	}
	return all
}

func TestParseScheme(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes {
		if got, err := signature.ParseScheme(string(scheme)); got != scheme || err != nil {
			t.Errorf("%s: %s, %v", scheme, got, err)
		}
	}
	if got, err := signature.ParseScheme(""); got != signature.Outpost || err != nil {
		t.Errorf("no name: %s, %v", got, err)
	}
	for _, name := range []string{"Outpost", "hmac", " standard"} {
		if got, err := signature.ParseScheme(name); !errors.Is(err, signature.ErrScheme) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
