package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
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
	digests := hexDigests(value)
	if digests == nil {
		return signed{}, ErrGrammar
	}
	return signed{digests: digests}, nil
}

func readTimestamped(value string) (signed, error) {
	stamp, list, _ := strings.Cut(value, ",")
	stamp, timed := strings.CutPrefix(stamp, "t=")
	digests := hexDigests(list)
	if !timed || !isUnix(stamp) || digests == nil {
		return signed{}, ErrGrammar
	}
	return signed{digests: digests, prefix: []byte(stamp + "."), at: unix(stamp)}, nil
}

func readStandard(headers Headers) (signed, error) {
	id, stamp, value := headers("webhook-id"), headers("webhook-timestamp"), headers("webhook-signature")
	if id == "" || stamp == "" || value == "" {
		return signed{}, ErrMissing
	}
	if len(id) > maxID || !isUnix(stamp) {
		return signed{}, ErrGrammar
	}
	// At most maxDigests entries are cut off; a further one stays in the last, which then has no digest's length.
	var digests [][]byte
	for _, entry := range strings.SplitN(value, " ", maxDigests) {
		encoded, ok := strings.CutPrefix(entry, "v1,")
		digest, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if !ok || err != nil || len(digest) != sha256.Size || len(encoded) != base64.StdEncoding.EncodedLen(sha256.Size) {
			return signed{}, ErrGrammar
		}
		digests = append(digests, digest)
	}
	return signed{digests: digests, prefix: []byte(id + "." + stamp + "."), at: unix(stamp)}, nil
}

// hexDigests reads "v0=" and 1 to maxDigests digests in lower-case hex, with commas between
// them. It returns nil for a list that deviates.
func hexDigests(value string) [][]byte {
	list, versioned := strings.CutPrefix(value, "v0=")
	if !versioned || strings.Count(list, ",") >= maxDigests {
		return nil
	}
	var digests [][]byte
	for text := range strings.SplitSeq(list, ",") {
		digest, err := hex.DecodeString(text)
		if err != nil || len(digest) != sha256.Size || text != strings.ToLower(text) {
			return nil
		}
		digests = append(digests, digest)
	}
	return digests
}

// isUnix reports whether a stamp is 1 to 12 digits.
func isUnix(stamp string) bool {
	return stamp != "" && len(stamp) <= 12 && strings.Trim(stamp, "0123456789") == ""
}

// unix reads at most 12 digits, which always fit.
func unix(digits string) time.Time {
	seconds, _ := strconv.ParseInt(digits, 10, 64)
	return time.Unix(seconds, 0)
}
