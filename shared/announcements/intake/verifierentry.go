package intake

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"slices"
	"strings"
	"time"
	"unicode"

	"masterhand/shared/kit/lazy"
)

// VerifierEntry is the JSON of a verifier in the secret. For Stripe's scheme set the prefix "v1=" and
// the timestampPrefix "t=". For Standard Webhooks set the prefix "v1,", base64 for both encodings, and
// the headers webhook-timestamp and webhook-id.
type VerifierEntry struct {
	// Header is the header that contains one or more digests, separated by commas or blanks.
	Header string `json:"header"`
	// Prefix is the text before each digest in Header, such as "sha256=". If it ends in a comma, as
	// in "v1,", digests are separated only by blanks, because the comma belongs to the prefix.
	Prefix    string   `json:"prefix,omitempty"`
	Algorithm string   `json:"algorithm,omitempty"` // the HMAC's hash: sha1, sha256 or sha512; "" is sha256
	Encoding  string   `json:"encoding,omitempty"`  // the digests' encoding: hex or base64; "" is hex
	Secrets   []string `json:"secrets"`
	// SecretEncoding says how the secrets are written: text, hex or base64. "" means text, that is,
	// the secret's text is the key. If it is base64, a leading "whsec_" is removed before decoding.
	SecretEncoding  string `json:"secretEncoding,omitempty"`
	TimestampHeader string `json:"timestampHeader,omitempty"` // the header with the signed timestamp; "" means none
	// TimestampPrefix is the text before the signed timestamp in Header; "" means that Header has no
	// timestamp.
	TimestampPrefix string `json:"timestampPrefix,omitempty"`
	IDHeader        string `json:"idHeader,omitempty"` // the header with the signed id; "" means none
	// Skew is the largest permitted difference between the timestamp and the present time, such as
	// "90s". "" means 5m.
	Skew string `json:"skew,omitempty"`
	// Signed is the text to sign, with the placeholders {id}, {timestamp} and {body}. "" means all
	// placeholders that the scheme has, in this order and separated by full stops, such as
	// "{timestamp}.{body}".
	Signed string `json:"signed,omitempty"`
}

// The placeholders in the signed text.
const (
	idPart        = "{id}"
	timestampPart = "{timestamp}"
	bodyPart      = "{body}"
)

// The limits of a verifier.
const (
	defaultSkew = 5 * time.Minute
	maxSkew     = time.Hour
	minSecret   = 16
	maxSecrets  = 16
	maxLiteral  = 64 // the largest length of each prefix, and of Signed with its placeholders, in bytes
)

// The problems of a verifier entry. They never quote the entry.
var (
	errVerifierMembers        = errors.New("verifier: a member is unknown or has the wrong type (its members are header, prefix, algorithm, encoding, secrets, secretEncoding, timestampHeader, timestampPrefix, idHeader, skew and signed)")
	errVerifierHeader         = errors.New("verifier: header is missing, or header, timestampHeader or idHeader is not a header name")
	errVerifierPrefix         = errors.New("verifier: prefix or timestampPrefix is over 64 bytes or has a blank, a brace or a comma (prefix may end in one comma), or prefix begins with timestampPrefix")
	errVerifierAlgorithm      = errors.New("verifier: expected algorithm sha1, sha256 or sha512")
	errVerifierEncoding       = errors.New("verifier: expected encoding hex or base64")
	errVerifierSecretEncoding = errors.New("verifier: expected secretEncoding text, hex or base64")
	errVerifierSecrets        = errors.New("verifier: expected 1 to 16 secrets of at least 16 bytes each, after decoding")
	errVerifierDecoded        = errors.New("verifier: a secret is not written in its secretEncoding")
	errVerifierSkew           = errors.New("verifier: expected a skew from 1s to 1h")
	errVerifierTimestamp      = errors.New("verifier: set timestampHeader or timestampPrefix, not both")
	errVerifierWord           = errors.New("verifier: signed has a word or brace other than {body}, {timestamp} and {id}")
	errVerifierSigned         = errors.New("verifier: signed is over 64 bytes, or does not have {body} exactly once, {timestamp} exactly once if and only if a timestamp's header or prefix is set, and {id} exactly once if and only if idHeader is set")
)

var headerGrammar = lazy.Regexp(`^[A-Za-z0-9-]{1,64}$`)

// UnmarshalJSON reads an entry, and refuses unknown members.
func (e *VerifierEntry) UnmarshalJSON(data []byte) error {
	type plain VerifierEntry
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if d.Decode((*plain)(e)) != nil {
		// The decoder's own error is not returned, because it quotes names and values of the
		// secret.
		return errVerifierMembers
	}
	return nil
}

// make returns the verifier that the entry describes, or all problems of the entry.
func (e VerifierEntry) make() (*verifier, []error) {
	v := &verifier{
		header: strings.ToLower(e.Header), prefix: e.Prefix, id: strings.ToLower(e.IDHeader),
		timestamp: strings.ToLower(e.TimestampHeader), stampPrefix: e.TimestampPrefix,
	}
	var problems []error
	require := func(fine bool, problem error) {
		if !fine {
			problems = append(problems, problem)
		}
	}
	named := func(header string) bool { return headerGrammar().MatchString(header) }
	require(named(e.Header) && (e.TimestampHeader == "" || named(e.TimestampHeader)) && (e.IDHeader == "" || named(e.IDHeader)), errVerifierHeader)
	require(e.prefixesFine(), errVerifierPrefix)
	require(e.TimestampHeader == "" || e.TimestampPrefix == "", errVerifierTimestamp)
	v.hash = algorithm(e.Algorithm)
	require(v.hash != nil, errVerifierAlgorithm)
	v.decode = decoder(cmp.Or(e.Encoding, "hex"))
	require(v.decode != nil, errVerifierEncoding)
	keys, err := e.keys()
	require(err == nil, err)
	v.keys = func() [][]byte { return keys }
	v.skew, err = time.ParseDuration(cmp.Or(e.Skew, defaultSkew.String()))
	require(err == nil && v.skew >= time.Second && v.skew <= maxSkew, errVerifierSkew)
	v.signed, err = e.parts()
	require(err == nil, err)
	return v, problems
}

// prefixesFine reports whether both prefixes are valid and Prefix does not begin with TimestampPrefix,
// so that a digest is never read as a timestamp.
func (e VerifierEntry) prefixesFine() bool {
	for _, prefix := range []string{e.TimestampPrefix, strings.TrimSuffix(e.Prefix, ",")} {
		if len(prefix) > maxLiteral || strings.ContainsAny(prefix, ",{}") || strings.ContainsFunc(prefix, unicode.IsSpace) {
			return false
		}
	}
	return e.Prefix != "," && (e.TimestampPrefix == "" || !strings.HasPrefix(e.Prefix, e.TimestampPrefix))
}

// algorithm returns the hash function with a name, or nil if the name is unknown.
func algorithm(name string) func() hash.Hash {
	switch name {
	case "sha256", "":
		return sha256.New
	case "sha1":
		return sha1.New
	case "sha512":
		return sha512.New
	}
	return nil
}

// decoder returns the function that decodes text in an encoding, or nil if the encoding is unknown.
// The function for base64 also accepts text without padding, and the alphabet for URLs.
func decoder(encoding string) func(string) ([]byte, error) {
	switch encoding {
	case "hex":
		return hex.DecodeString
	case "base64":
		return func(s string) ([]byte, error) {
			s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
			return base64.RawStdEncoding.DecodeString(s)
		}
	}
	return nil
}

// keys returns the decoded secrets, which are the keys of the HMAC.
func (e VerifierEntry) keys() (keys [][]byte, err error) {
	decode := decoder(e.SecretEncoding)
	switch e.SecretEncoding {
	case "text", "":
		decode = func(s string) ([]byte, error) { return []byte(s), nil }
	case "base64":
		decode = func(s string) ([]byte, error) { return decoder("base64")(strings.TrimPrefix(s, "whsec_")) }
	}
	switch {
	case decode == nil:
		return nil, errVerifierSecretEncoding
	case len(e.Secrets) == 0 || len(e.Secrets) > maxSecrets:
		return nil, errVerifierSecrets
	}
	for _, secret := range e.Secrets {
		key, err := decode(secret)
		switch {
		case err != nil:
			return nil, errVerifierDecoded
		case len(key) < minSecret:
			return nil, errVerifierSecrets
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// parts splits the signed text into placeholders and the literal texts between them, such as
// "{timestamp}", "." and "{body}".
func (e VerifierEntry) parts() (parts []string, err error) {
	var words []string
	if e.IDHeader != "" {
		words = append(words, idPart)
	}
	if e.TimestampHeader != "" || e.TimestampPrefix != "" {
		words = append(words, timestampPart)
	}
	words = append(words, bodyPart)
	signed := cmp.Or(e.Signed, strings.Join(words, "."))
	var used []string
	for rest := signed; rest != ""; {
		next := strings.IndexByte(rest, '{')
		switch next {
		case -1:
			next = len(rest)
		case 0:
			next = strings.IndexByte(rest, '}') + 1
		}
		part := rest[:next]
		if part == idPart || part == timestampPart || part == bodyPart {
			used = append(used, part)
		} else if part == "" || strings.ContainsAny(part, "{}") {
			return nil, errVerifierWord
		}
		parts, rest = append(parts, part), rest[next:]
	}
	slices.Sort(used)
	slices.Sort(words)
	if !slices.Equal(used, words) || len(signed) > maxLiteral {
		return nil, errVerifierSigned
	}
	return parts, nil
}
