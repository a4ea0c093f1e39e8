package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// Key is a secret that is ready for use. It never prints itself. The zero value signs nothing and
// matches nothing.
type Key struct {
	// The secret is behind a function, because fmt prints only a function's address. A secret in
	// the field itself would be printed: fmt calls no String method for unexported fields.
	secret func() secret
}

type secret struct {
	bytes []byte
	hint  string
}

// minSecret is the length in characters of the shortest accepted secret. A shorter one is probably
// a mistake.
const minSecret = 16

// The reasons why [NewKey] refuses a secret. None of them contains the secret.
var (
	ErrSecretShort  = errors.New("secret shorter than 16 characters")
	ErrSecretSpaced = errors.New("secret contains white space or control characters")
	ErrSecretBase64 = errors.New(`secret of the standard scheme that is not "whsec_" and base64`)
)

// NewKey returns the key that the scheme derives from a secret. The Outpost schemes use the whole
// string, "whsec_" included and without decoding. Standard decodes the base64 after "whsec_".
func NewKey(scheme Scheme, text string) (Key, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return Key{}, ErrSecretSpaced
	}
	if len(text) < minSecret {
		return Key{}, ErrSecretShort
	}
	hint := text[len(text)-4:]
	if scheme != Standard {
		return Key{func() secret { return secret{[]byte(text), hint} }}, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil {
		return Key{}, ErrSecretBase64
	}
	return Key{func() secret { return secret{decoded, hint} }}, nil
}

// Hint returns the last four characters of the secret, to distinguish secrets.
func (k Key) Hint() string {
	if k.secret == nil {
		return ""
	}
	return k.secret().hint
}

// String hides the key.
func (k Key) String() string { return "[redacted key]" }

// Format hides the key from every verb of the package fmt.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// MarshalText hides the key in JSON and elsewhere.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue hides the key in slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// mac returns the HMAC-SHA256 of the concatenated parts. For the zero key it returns nil, which
// equals no digest.
func (k Key) mac(parts ...[]byte) []byte {
	if k.secret == nil {
		return nil
	}
	h := hmac.New(sha256.New, k.secret().bytes)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
