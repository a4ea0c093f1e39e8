package signature_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/signature"
)

// Each limit of a header accepts the largest allowed value and refuses the next larger one.
func TestLimitsOfHeaders(t *testing.T) {
	t.Parallel()
	standard, timed := key(t, signature.Standard, secret), key(t, signature.OutpostTimestamped, secret)
	far := time.Unix(999_999_999_999, 0) // the largest time in twelve digits
	signedAs := func(id string) map[string]string {
		return signature.Sign(signature.Standard, []signature.Key{standard}, id, now, body)
	}
	with := func(h map[string]string, name, value string) map[string]string {
		h = maps.Clone(h)
		h[name] = value
		return h
	}
	good := signedAs("evt")["webhook-signature"]
	for name, c := range map[string]struct {
		scheme signature.Scheme
		header map[string]string
		now    time.Time
		want   error
	}{
		"an id of 256":        {signature.Standard, signedAs(strings.Repeat("x", 256)), now, nil},
		"an id of 257":        {signature.Standard, signedAs(strings.Repeat("x", 257)), now, signature.ErrGrammar},
		"a stamp of 12":       {signature.OutpostTimestamped, signature.Sign(signature.OutpostTimestamped, []signature.Key{timed}, "", far, body), far, nil},
		"a stamp of 13":       {signature.OutpostTimestamped, signature.Sign(signature.OutpostTimestamped, []signature.Key{timed}, "", far.Add(time.Second), body), far, signature.ErrGrammar},
		"no t=":               {signature.OutpostTimestamped, map[string]string{"x-outpost-signature": strings.TrimPrefix(signature.Sign(signature.OutpostTimestamped, []signature.Key{timed}, "", now, body)["x-outpost-signature"], "t=")}, now, signature.ErrGrammar},
		"a digest cut short":  {signature.Standard, with(signedAs("evt"), "webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 31))), now, signature.ErrGrammar},
		"a digest too long":   {signature.Standard, with(signedAs("evt"), "webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(make([]byte, 33))), now, signature.ErrGrammar},
		"loose padding bits":  {signature.Standard, with(signedAs("evt"), "webhook-signature", good+" v1,"+strings.Repeat("A", 42)+"B="), now, signature.ErrGrammar},
		"a digest in between": {signature.Standard, with(signedAs("evt"), "webhook-signature", good+" v1,"+base64.StdEncoding.EncodeToString(make([]byte, 32))), now, nil},
	} {
		k := standard
		if c.scheme != signature.Standard {
			k = timed
		}
		if _, err := signature.Verify(c.scheme, headers(c.header), body, []signature.Key{k}, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestKeysThatAreNoSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"0123456789abcde\x7f": signature.ErrSecretSpaced, "0123456789abcdeÿ": nil, "0123456789abcde\x1f": signature.ErrSecretSpaced, "0123456789abcdef": nil,
	} {
		if _, err := signature.NewKey(signature.Outpost, text); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, key(t, signature.Outpost, secret)); got != "[redacted key]" {
			t.Errorf("%s shows %q", verb, got)
		}
	}
}
