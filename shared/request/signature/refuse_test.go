package signature_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"masterhand/shared/request/signature"
)

// TestRefusedHeaders changes a good header of each scheme, so that Verify must refuse it. In most
// cases the digests stay correct and only the form of the header is wrong.
func TestRefusedHeaders(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes {
		keys := []signature.Key{key(t, scheme, secret)}
		good := signature.Sign(scheme, keys, "evt_1", now, body)
		name := "x-outpost-signature"
		if scheme == signature.Standard {
			name = "webhook-signature"
		}
		if _, err := signature.Verify(scheme, headers(good), body, keys, now); err != nil {
			t.Fatalf("%s: the good header: %v", scheme, err)
		}
		for what, spoiled := range spoil(scheme, good[name]) {
			want := signature.ErrGrammar
			if spoiled == "" {
				want = signature.ErrMissing
			}
			change := headers(merged(good, map[string]string{name: spoiled}))
			if which, err := signature.Verify(scheme, change, body, keys, now); which != -1 || !errors.Is(err, want) {
				t.Errorf("%s, %s: key %d, %v; want %v", scheme, what, which, err, want)
			}
		}
	}
}

// spoil returns wrong variants of a good header, each under a text that says what is wrong.
func spoil(scheme signature.Scheme, good string) map[string]string {
	spoiled := map[string]string{
		"missing":          "",
		"doubled":          good + "," + good, // two values joined by a comma, as for a header that was sent twice
		"truncated":        good[:len(good)-1],
		"one more":         good + "0",
		"space before":     " " + good,
		"space after":      good + " ",
		"line break after": good + "\n",
		"comma after":      good + ",",
		"quoted":           `"` + good + `"`,
		"twice after line": good + "\r\n" + good,
		"capital version":  strings.Replace(good, "v", "V", 1),
		"next version":     strings.NewReplacer("v0=", "v1=", "v1,", "v2,").Replace(good),
	}
	if scheme == signature.Standard {
		for _, n := range []int{9, 100} {
			spoiled[fmt.Sprintf("%d digests", n)] = strings.Repeat(good+" ", n-1) + good
		}
		spoiled["two spaces between"] = good + "  " + good
		spoiled["no padding"] = strings.TrimRight(good, "=")
		spoiled["line break in base64"] = good[:20] + "\n" + good[20:]
		spoiled["asymmetric entry beside it"] = good + " v1a," + strings.Repeat("A", 86) + "=="
		spoiled["digest alone"] = strings.TrimPrefix(good, "v1,")
		spoiled["Outpost's form"] = "v0=" + strings.Repeat("0", 64)
		return spoiled
	}
	version := strings.Index(good, "v0=")
	digest := good[version+3:]
	for _, n := range []int{9, 100} {
		spoiled[fmt.Sprintf("%d digests", n)] = good + strings.Repeat(","+digest, n-1)
	}
	spoiled["capital digits"] = good[:version+3] + strings.ToUpper(digest)
	spoiled["space between"] = good + ", " + digest
	spoiled["version twice"] = good + ",v0=" + digest
	spoiled["empty digest first"] = good[:version+3] + "," + digest
	spoiled["digest alone"] = digest
	spoiled["sha256= for v0="] = strings.Replace(good, "v0=", "sha256=", 1)
	if scheme == signature.OutpostTimestamped {
		spoiled["no timestamp"] = good[version:]
		spoiled["timestamp after"] = good[version:] + "," + good[:version-1]
		spoiled["timestamp empty"] = "t=," + good[version:]
		spoiled["timestamp signed"] = strings.Replace(good, "t=", "t=+", 1)
		spoiled["timestamp twice"] = good[:version] + good
		spoiled["timestamp of 13 digits"] = strings.Replace(good, "t=", "t=000", 1)
	} else {
		spoiled["timestamp before"] = "t=1795221065," + good
	}
	return spoiled
}

// TestRefusedDigests checks that a header of the right form with a changed digest is refused.
func TestRefusedDigests(t *testing.T) {
	t.Parallel()
	for _, scheme := range schemes {
		keys := []signature.Key{key(t, scheme, secret)}
		for what, signed := range map[string]map[string]string{
			"another key":       signature.Sign(scheme, []signature.Key{key(t, scheme, other)}, "evt_1", now, body),
			"another body":      signature.Sign(scheme, keys, "evt_1", now, append([]byte(" "), body...)),
			"no body":           signature.Sign(scheme, keys, "evt_1", now, nil),
			"eight wrong":       signature.Sign(scheme, repeated(key(t, scheme, other), 8), "evt_1", now, body),
			"the wrong scheme":  signature.Sign(scheme, []signature.Key{key(t, otherThan(scheme), secret)}, "evt_1", now, []byte("x")),
			"body and a prefix": signature.Sign(scheme, keys, "evt_1", now, append([]byte("1."), body...)),
		} {
			if which, err := signature.Verify(scheme, headers(signed), body, keys, now); which != -1 || !errors.Is(err, signature.ErrMismatch) {
				t.Errorf("%s, %s: key %d, %v", scheme, what, which, err)
			}
		}
		// A header may have eight digests, and any of them may be the matching one.
		eight := append(repeated(key(t, scheme, other), 7), keys...)
		signed := headers(signature.Sign(scheme, eight, "evt_1", now, body))
		if which, err := signature.Verify(scheme, signed, body, keys, now); which != 0 || err != nil {
			t.Errorf("%s, eight digests: key %d, %v", scheme, which, err)
		}
	}
}

func repeated(k signature.Key, n int) []signature.Key {
	keys := make([]signature.Key, n)
	for i := range keys {
		keys[i] = k
	}
	return keys
}

func otherThan(scheme signature.Scheme) signature.Scheme {
	if scheme == signature.Standard {
		return signature.Outpost
	}
	return signature.Standard
}

func TestRefusedStandardParts(t *testing.T) {
	t.Parallel()
	keys := []signature.Key{key(t, signature.Standard, secret)}
	for what, test := range map[string]struct {
		name, value string
		err         error
	}{
		"no id":              {"webhook-id", "", signature.ErrMissing},
		"long id":            {"webhook-id", strings.Repeat("x", 257), signature.ErrGrammar},
		"no timestamp":       {"webhook-timestamp", "", signature.ErrMissing},
		"negative timestamp": {"webhook-timestamp", "-1", signature.ErrGrammar},
		"spaced timestamp":   {"webhook-timestamp", " 1795221065", signature.ErrGrammar},
		"RFC 3339":           {"webhook-timestamp", "2026-11-21T00:31:05Z", signature.ErrGrammar},
		"doubled timestamp":  {"webhook-timestamp", "1795221065,1795221065", signature.ErrGrammar},
	} {
		good := signature.Sign(signature.Standard, keys, "evt_1", now, body)
		change := headers(merged(good, map[string]string{test.name: test.value}))
		if which, err := signature.Verify(signature.Standard, change, body, keys, now); which != -1 || !errors.Is(err, test.err) {
			t.Errorf("%s: key %d, %v; want %v", what, which, err, test.err)
		}
	}
}

// FuzzVerify verifies foreign headers and bodies. Without the key, only a copy of the signed header
// may be accepted.
func FuzzVerify(f *testing.F) {
	for i, scheme := range schemes {
		signed := signature.Sign(scheme, []signature.Key{key(f, scheme, other)}, "evt_1", now, body)
		f.Add(i, signed["x-outpost-signature"]+signed["webhook-signature"], signed["webhook-id"], signed["webhook-timestamp"], body)
	}
	f.Add(1, "t=1795221065,v0=", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, i int, value, id, stamp string, body []byte) {
		scheme := schemes[uint(i)%3]
		foreign := headers(map[string]string{
			"x-outpost-signature": value, "webhook-signature": value, "webhook-id": id, "webhook-timestamp": stamp,
		})
		keys := []signature.Key{key(t, scheme, secret)}
		if which, err := signature.Verify(scheme, foreign, body, keys, now); err == nil || which != -1 {
			t.Errorf("%s accepted %q, %q, %q over %q", scheme, value, id, stamp, body)
		}
		if scheme == signature.Standard && (len(id) > 256 || id == "") {
			return // skip the next check: Verify refuses such an id even with a correct signature
		}
		signed := headers(signature.Sign(scheme, keys, id, now, body))
		if which, err := signature.Verify(scheme, signed, body, keys, now); err != nil || which != 0 {
			t.Errorf("%s refuses its own signature of %q: %v", scheme, body, err)
		}
	})
}
