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

// VerifierEntry is a verifier as the secret has it. Stripe's scheme has the prefix "v1=" and
// the timestampPrefix "t=". Standard Webhooks has the prefix "v1,", both encodings base64, and
// the headers webhook-timestamp and webhook-id.
type VerifierEntry struct {
	// Header has one or more digests, with commas or blanks between them.
	Header string `json:"header"`
	// Prefix comes before each digest. If it ends in a comma, only blanks separate digests.
	Prefix    string   `json:"prefix,omitempty"`
	Algorithm string   `json:"algorithm,omitempty"` // sha1, sha256 or sha512; "" is sha256
	Encoding  string   `json:"encoding,omitempty"`  // of digests: hex or base64; "" is hex
	Secrets   []string `json:"secrets"`
	// SecretEncoding is text, hex or base64. "" is text: the secret as it stands is the key. Of base64,
	// a "whsec_" in front is removed.
	SecretEncoding  string `json:"secretEncoding,omitempty"`
	TimestampHeader string `json:"timestampHeader,omitempty"` // header with the signed time; "": none
	// TimestampPrefix comes before the signed time in Header, among the digests; "": the time is not there.
	TimestampPrefix string `json:"timestampPrefix,omitempty"`
	IDHeader        string `json:"idHeader,omitempty"` // header with the signed id; "": none
	Skew            string `json:"skew,omitempty"`     // how far the time may be from now, either way; "" is 5m
	// Signed is the signed text. Its words are {id}, {timestamp} and {body}. "" is the words of the
	// request in this order, with full stops between them.
	Signed string `json:"signed,omitempty"`
}

// The words of the signed text.
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
	maxLiteral  = 64 // of each prefix and of the whole signed text
)

// The problems of a verifier. None of them repeats it.
var (
	errVerifierMembers        = errors.New("verifier with an unknown member, or with one of another type (its members are header, prefix, algorithm, encoding, secrets, secretEncoding, timestampHeader, timestampPrefix, idHeader, skew and signed)")
	errVerifierHeader         = errors.New("verifier without the name of a header, or with a wrong name for the header of the timestamp or the id")
	errVerifierPrefix         = errors.New("verifier with a prefix that is over 64 bytes or has a blank, a brace or a comma (the digests' may end in one comma), or with a timestamp's prefix that the digests' begins with")
	errVerifierAlgorithm      = errors.New("verifier with an algorithm other than sha1, sha256 and sha512")
	errVerifierEncoding       = errors.New("verifier with an encoding of digests other than hex and base64")
	errVerifierSecretEncoding = errors.New("verifier with an encoding of secrets other than text, hex and base64")
	errVerifierSecrets        = errors.New("verifier without 1 to 16 secrets of at least 16 bytes each, after decoding")
	errVerifierDecoded        = errors.New("verifier with a secret that is not written in its encoding of secrets")
	errVerifierSkew           = errors.New("verifier with a skew that is no duration from 1s to 1h")
	errVerifierTimestamp      = errors.New("verifier with both a header and a prefix of the timestamp")
	errVerifierWord           = errors.New("verifier whose signed text has another word or brace than {body}, {timestamp} and {id}")
	errVerifierSigned         = errors.New("verifier whose signed text is over 64 bytes, or does not have {body} once, {timestamp} once only with a timestamp's header or prefix, and {id} once only with an id's header")
)

var headerGrammar = lazy.Regexp(`^[A-Za-z0-9-]{1,64}$`)

// UnmarshalJSON refuses unknown members.
func (e *VerifierEntry) UnmarshalJSON(data []byte) error {
	type plain VerifierEntry
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if d.Decode((*plain)(e)) != nil {
		return errVerifierMembers // its own error quotes names and values
	}
	return nil
}

// make returns the verifier, or all problems of the entry.
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

// prefixesFine reports whether the elements of the header can be told apart by their prefixes.
func (e VerifierEntry) prefixesFine() bool {
	for _, prefix := range []string{e.TimestampPrefix, strings.TrimSuffix(e.Prefix, ",")} {
		if len(prefix) > maxLiteral || strings.ContainsAny(prefix, ",{}") || strings.ContainsFunc(prefix, unicode.IsSpace) {
			return false
		}
	}
	return e.Prefix != "," && (e.TimestampPrefix == "" || !strings.HasPrefix(e.Prefix, e.TimestampPrefix))
}

// algorithm returns a hash by its name, nil if it is unknown.
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

// decoder returns the decoder of an encoding, nil if it is unknown. Base64 may be without padding,
// and in the alphabet of URLs.
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

// keys returns the secrets as the HMAC takes them.
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

// parts returns the texts and words of the signed text, in order.
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
