package signature

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxSkew is how far a signed timestamp may lie from now, either way.
const MaxSkew = 5 * time.Minute

// maxDigests bounds the digests of one header: Outpost sends two while a secret
// rotates, one otherwise.
const maxDigests = 8

// maxID bounds a Standard Webhooks message id, in bytes.
const maxID = 256

// The reasons why [Verify] refuses a request.
var (
	ErrMissing   = errors.New("signature header missing")
	ErrGrammar   = errors.New("signature header malformed")
	ErrTimestamp = errors.New("signed timestamp more than 5 minutes from now")
	ErrMismatch  = errors.New("signature matches no secret")
)

var (
	plainGrammar       = regexp.MustCompile(`^v0=([0-9a-f]{64}(?:,[0-9a-f]{64}){0,7})$`)
	timestampedGrammar = regexp.MustCompile(`^t=([0-9]{1,12}),v0=([0-9a-f]{64}(?:,[0-9a-f]{64}){0,7})$`)
	unixGrammar        = regexp.MustCompile(`^[0-9]{1,12}$`)
)

// Headers returns the value of a header by its lower-case name, "" where there is
// none. A header that came twice is its values joined by commas.
type Headers func(name string) string

// signed is what a header claims: these digests over these bytes.
type signed struct {
	digests [][]byte
	prefix  []byte // comes before the body in what is signed
	at      time.Time
}

// Verify checks body against every key and returns the index of the first that
// matches. Errors: ErrMissing, ErrGrammar, ErrTimestamp, ErrMismatch.
func Verify(scheme Scheme, headers Headers, body []byte, keys []Key, now time.Time) (int, error) {
	claim, err := read(scheme, headers)
	if err != nil {
		return -1, err
	}
	if !claim.at.IsZero() && claim.at.Sub(now).Abs() > MaxSkew {
		return -1, ErrTimestamp
	}
	match := -1
	for i, key := range keys { // no early end: time tells nothing about which key matched
		want := key.mac(claim.prefix, body)
		for _, digest := range claim.digests {
			if hmac.Equal(digest, want) && match < 0 {
				match = i
			}
		}
	}
	if match < 0 {
		return -1, ErrMismatch
	}
	return match, nil
}

func read(scheme Scheme, headers Headers) (signed, error) {
	if scheme == Standard {
		return readStandard(headers)
	}
	value := headers("x-outpost-signature")
	if value == "" {
		return signed{}, ErrMissing
	}
	if scheme == OutpostTimestamped {
		return readTimestamped(value)
	}
	m := plainGrammar.FindStringSubmatch(value)
	if m == nil {
		return signed{}, ErrGrammar
	}
	return signed{digests: hexDigests(m[1])}, nil
}

func readTimestamped(value string) (signed, error) {
	m := timestampedGrammar.FindStringSubmatch(value)
	if m == nil {
		return signed{}, ErrGrammar
	}
	return signed{digests: hexDigests(m[2]), prefix: []byte(m[1] + "."), at: unix(m[1])}, nil
}

func readStandard(headers Headers) (signed, error) {
	id, stamp, value := headers("webhook-id"), headers("webhook-timestamp"), headers("webhook-signature")
	if id == "" || stamp == "" || value == "" {
		return signed{}, ErrMissing
	}
	if len(id) > maxID || !unixGrammar.MatchString(stamp) {
		return signed{}, ErrGrammar
	}
	// At most maxDigests entries are cut off; a further one stays in the last, which then has no digest's length.
	var digests [][]byte
	for _, entry := range strings.SplitN(value, " ", maxDigests) {
		encoded, ok := strings.CutPrefix(entry, "v1,")
		digest, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ok || err != nil || len(digest) != 32 || len(encoded) != base64.StdEncoding.EncodedLen(32) {
			return signed{}, ErrGrammar
		}
		digests = append(digests, digest)
	}
	return signed{digests: digests, prefix: []byte(id + "." + stamp + "."), at: unix(stamp)}, nil
}

// hexDigests decodes a comma-separated list that a grammar has already accepted.
func hexDigests(list string) [][]byte {
	var digests [][]byte
	for text := range strings.SplitSeq(list, ",") {
		digest, _ := hex.DecodeString(text)
		digests = append(digests, digest)
	}
	return digests
}

// unix reads at most 12 digits, which always fit.
func unix(digits string) time.Time {
	seconds, _ := strconv.ParseInt(digits, 10, 64)
	return time.Unix(seconds, 0)
}
