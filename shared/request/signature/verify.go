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

// MaxSkew is the largest accepted difference between a signed timestamp and now, in either
// direction.
const MaxSkew = 5 * time.Minute

// maxDigests is the largest number of digests in a header. Outpost sends two while a secret is
// rotated, otherwise one.
const maxDigests = 8

// maxID is the length in bytes of the longest accepted message id of Standard Webhooks.
const maxID = 256

// The reasons why [Verify] refuses a request.
var (
	ErrMissing   = errors.New("signature header missing")
	ErrGrammar   = errors.New("signature header malformed")
	ErrTimestamp = errors.New("signed timestamp more than 5 minutes from now")
	ErrMismatch  = errors.New("signature matches no secret")
)

// Headers returns the value of a header by its lower-case name, or "" if the header is absent. If a
// header was sent twice, the value has both values joined by a comma.
type Headers func(name string) string

// signed is the content of a signature header: the digests, and the bytes that they sign.
type signed struct {
	digests [][]byte
	prefix  []byte // the signed bytes that come before the body
	at      time.Time
}

// Verify checks body against every key and returns the index of the first key that matches. It
// returns ErrMissing, ErrGrammar, ErrTimestamp or ErrMismatch if the request is not authentic.
func Verify(scheme Scheme, headers Headers, body []byte, keys []Key, now time.Time) (int, error) {
	claim, err := read(scheme, headers)
	if err != nil {
		return -1, err
	}
	if !claim.at.IsZero() && claim.at.Sub(now).Abs() > MaxSkew {
		return -1, ErrTimestamp
	}
	match := -1
	for i, key := range keys { // the loop never ends early, so that its duration does not reveal which key matched
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
	// The split stops after maxDigests entries. Further entries stay in the last one, which then
	// has the wrong length for a digest.
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

// hexDigests parses "v0=" and 1 to maxDigests digests in lower-case hex, separated by commas. It
// returns nil for any other text.
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

// isUnix reports whether a timestamp has 1 to 12 digits and nothing else.
func isUnix(stamp string) bool {
	return stamp != "" && len(stamp) <= 12 && strings.Trim(stamp, "0123456789") == ""
}

// unix parses at most 12 digits, which always fit into an int64.
func unix(digits string) time.Time {
	seconds, _ := strconv.ParseInt(digits, 10, 64)
	return time.Unix(seconds, 0)
}
