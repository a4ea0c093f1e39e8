package intake

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/kit/lazy"
)

// verifier checks an HMAC over a body, told by configuration how: what a vendor does
// not document can be found out and set, without another version of this.
type verifier struct {
	header    string // in lower case
	prefix    string // before each digest, "sha256=" for one
	hash      func() hash.Hash
	decode    func(string) ([]byte, error)
	keys      func() [][]byte // a function, so that nothing prints them
	timestamp string          // header with the time, in lower case; "": none is signed
	skew      time.Duration
	signed    []string // texts, timestampPart and bodyPart, in order
}

// The limits of a signature header.
const (
	maxSignature = 4 << 10
	maxDigests   = 8
)

// verify checks the header's digests against every key. One match is enough: several
// come while the sender changes its secret.
func (v verifier) verify(header map[string]string, body []byte, now time.Time) error {
	digests := v.digests(header[v.header])
	if len(digests) == 0 {
		return errSignature
	}
	at := header[v.timestamp]
	if v.timestamp != "" {
		t, ok := instant(at)
		if !ok || t.Sub(now).Abs() > v.skew {
			return errTimestamp
		}
	}
	match := false
	for _, key := range v.keys() { // no early end: time tells nothing about which key matched
		sum := v.sum(key, at, body)
		for _, digest := range digests {
			match = hmac.Equal(sum, digest) || match
		}
	}
	if !match {
		return errSignature
	}
	return nil
}

// digests reads a header: one or more digests with commas between. What has not the
// prefix is something else, and passed over.
func (v verifier) digests(header string) [][]byte {
	if len(header) > maxSignature {
		return nil
	}
	var digests [][]byte
	for part := range strings.SplitSeq(header, ",") {
		coded, has := strings.CutPrefix(strings.TrimSpace(part), v.prefix)
		digest, err := v.decode(coded)
		if has && err == nil && len(digest) == v.hash().Size() {
			digests = append(digests, digest)
		}
	}
	return digests[:min(len(digests), maxDigests)]
}

func (v verifier) sum(key []byte, at string, body []byte) []byte {
	mac := hmac.New(v.hash, key)
	for _, part := range v.signed {
		switch part {
		case bodyPart:
			mac.Write(body)
		case timestampPart:
			mac.Write([]byte(at))
		default:
			mac.Write([]byte(part))
		}
	}
	return mac.Sum(nil)
}

// instant reads a time: Unix seconds or milliseconds, or RFC 3339.
func instant(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n >= 1e11 { // seconds will not come to that before the year 5138
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), n > 0
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

// wireVerifier is a verifier as the secret has it.
type wireVerifier struct {
	Header          string   `json:"header"`
	Prefix          string   `json:"prefix"`
	Algorithm       string   `json:"algorithm"` // "sha256" unless told
	Encoding        string   `json:"encoding"`  // "hex" unless told
	Secrets         []string `json:"secrets"`
	TimestampHeader string   `json:"timestampHeader"`
	Skew            string   `json:"skew"`   // "5m" unless told
	Signed          string   `json:"signed"` // "{body}" unless told, or "{timestamp}.{body}" with a timestamp
}

// The parts of what is signed that are not text.
const (
	bodyPart      = "{body}"
	timestampPart = "{timestamp}"
)

// The limits of a verifier.
const (
	defaultSkew = 5 * time.Minute
	maxSkew     = time.Hour
	minSecret   = 16
	maxSecrets  = 16
	maxLiteral  = 64 // of prefix and of all text that is signed
)

// What can be wrong with a verifier. None of them repeats it.
var (
	errVerifierHeader    = errors.New("verifier without the name of a header, or of the timestamp's")
	errVerifierPrefix    = errors.New("verifier with a prefix over 64 bytes, or with a comma or space")
	errVerifierAlgorithm = errors.New("verifier with another algorithm than sha1, sha256 and sha512")
	errVerifierEncoding  = errors.New("verifier with another encoding than hex and base64")
	errVerifierSecrets   = errors.New("verifier without 1 to 16 secrets of at least 16 characters")
	errVerifierSkew      = errors.New("verifier with a skew that is no duration from 1s to 1h")
	errVerifierSigned    = errors.New(`verifier whose signed text has not "{body}" once, or "{timestamp}" other than once with a timestamp header and never without`)
)

var headerGrammar = lazy.Regexp(`^[A-Za-z0-9-]{1,64}$`)

// make checks a verifier and returns all that is wrong with it.
func (w wireVerifier) make() (*verifier, []error) {
	v := &verifier{
		header: strings.ToLower(w.Header), timestamp: strings.ToLower(w.TimestampHeader), prefix: w.Prefix,
		skew: defaultSkew, hash: sha256.New, decode: hex.DecodeString,
	}
	var problems []error
	require := func(fine bool, problem error) {
		if !fine {
			problems = append(problems, problem)
		}
	}
	require(headerGrammar().MatchString(w.Header) && (w.TimestampHeader == "" || headerGrammar().MatchString(w.TimestampHeader)), errVerifierHeader)
	require(len(w.Prefix) <= maxLiteral && !strings.ContainsAny(w.Prefix, ", \t\r\n"), errVerifierPrefix)
	switch w.Algorithm {
	case "sha256", "":
	case "sha1":
		v.hash = sha1.New
	case "sha512":
		v.hash = sha512.New
	default:
		require(false, errVerifierAlgorithm)
	}
	switch w.Encoding {
	case "hex", "":
	case "base64":
		v.decode = base64.StdEncoding.DecodeString
	default:
		require(false, errVerifierEncoding)
	}
	keys, fine := w.keys()
	require(fine, errVerifierSecrets)
	v.keys = func() [][]byte { return keys }
	if w.Skew != "" {
		var err error
		v.skew, err = time.ParseDuration(w.Skew)
		require(err == nil && v.skew >= time.Second && v.skew <= maxSkew, errVerifierSkew)
	}
	v.signed, fine = w.parts()
	require(fine, errVerifierSigned)
	return v, problems
}

func (w wireVerifier) keys() (keys [][]byte, fine bool) {
	fine = len(w.Secrets) > 0 && len(w.Secrets) <= maxSecrets
	for _, secret := range w.Secrets {
		fine = fine && len(secret) >= minSecret
		keys = append(keys, []byte(secret))
	}
	return keys, fine
}

// parts takes the text that is signed apart.
func (w wireVerifier) parts() (list []string, fine bool) {
	signed := w.Signed
	switch {
	case signed == "" && w.TimestampHeader == "":
		signed = bodyPart
	case signed == "":
		signed = timestampPart + "." + bodyPart
	}
	stamps := 0
	if w.TimestampHeader != "" {
		stamps = 1
	}
	fine = strings.Count(signed, bodyPart) == 1 && strings.Count(signed, timestampPart) == stamps && len(signed) <= maxLiteral
	for signed != "" {
		next := len(signed)
		for _, part := range []string{bodyPart, timestampPart} {
			if i := strings.Index(signed, part); i == 0 {
				next = len(part)
				break
			} else if i > 0 {
				next = min(next, i)
			}
		}
		list, signed = append(list, signed[:next]), signed[next:]
	}
	return list, fine
}
