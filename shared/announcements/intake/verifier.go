package intake

import (
	"crypto/hmac"
	"hash"
	"strconv"
	"strings"
	"time"
	"unicode"

	"masterhand/shared/kit/lazy"
)

// verifier checks the HMAC of a request. The settings describe the signature scheme, so that operators
// can configure a vendor's scheme without a new version of the function.
type verifier struct {
	header    string // the name of the header with the signature, in lower case
	prefix    string // the text before each digest, for example "sha256="
	hash      func() hash.Hash
	decode    func(string) ([]byte, error)
	keys      func() [][]byte // returns the HMAC keys; a function, so that printing the verifier never shows them
	timestamp string          // the name of the header with the timestamp, in lower case; "" means none
	// stampPrefix is the text before a timestamp in the signature header, for example "t=". It is
	// "" if the signature header has no timestamp.
	stampPrefix string
	id          string // the name of the header with the signed id, in lower case; "" means none
	skew        time.Duration
	// signed holds the parts of the signed text in order. Each part is a literal text, or idPart,
	// timestampPart or bodyPart.
	signed []string
}

// The limits of the headers that a verifier reads.
const (
	maxSignature = 4 << 10
	maxDigests   = 8
	maxStamp     = 64
)

// signedIDGrammar matches ids without blanks, commas and braces. With a comma or blank, an id could
// be the joined values of two headers. With a brace, it could contain the start of the signed body.
var signedIDGrammar = lazy.Regexp(`^[A-Za-z0-9._:+/=@|~-]{1,256}$`)

// claim holds the digests, the timestamp and the id in a request's headers, before they are
// verified.
type claim struct {
	digests [][]byte
	stamp   string
	id      string
}

// verify checks the digests in the signature header against every key. One match is enough, because a
// sender sends several digests during a rotation of its secret.
func (v verifier) verify(header map[string]string, body []byte, now time.Time) error {
	c := v.read(header)
	if len(c.digests) == 0 {
		return errSignature
	}
	if v.stamped() {
		t, ok := instant(c.stamp)
		if !ok || t.Sub(now).Abs() > v.skew {
			return errTimestamp
		}
	}
	if v.id != "" && !signedIDGrammar().MatchString(c.id) {
		return errID
	}
	match := false
	// The loop always checks all keys, so that its duration does not reveal which key matched.
	for _, key := range v.keys() {
		sum := v.sum(key, c, body)
		for _, digest := range c.digests {
			match = hmac.Equal(sum, digest) || match
		}
	}
	if !match {
		return errSignature
	}
	return nil
}

// stamped reports whether the scheme signs a timestamp.
func (v verifier) stamped() bool { return v.timestamp != "" || v.stampPrefix != "" }

// read returns the digests, the timestamp and the id that a request's headers contain. Elements of
// the signature header without a known prefix belong to other schemes, so read skips them.
//
//   - If the signature header is too long, the claim is empty.
//   - If a digest contains a comma, the claim is empty, because the header was sent twice.
//   - If the signature header has several timestamps, the claim's stamp is "".
func (v verifier) read(header map[string]string) claim {
	c := claim{stamp: header[v.timestamp], id: header[v.id]}
	value := header[v.header]
	if len(value) > maxSignature {
		return claim{}
	}
	blanksOnly := strings.HasSuffix(v.prefix, ",")
	stamps := 0
	for element := range strings.FieldsFuncSeq(value, func(r rune) bool { return unicode.IsSpace(r) || r == ',' && !blanksOnly }) {
		if stamp, is := strings.CutPrefix(element, v.stampPrefix); is && v.stampPrefix != "" {
			c.stamp = stamp
			stamps++
			continue
		}
		coded, has := strings.CutPrefix(element, v.prefix)
		if has && strings.Contains(coded, ",") {
			return claim{} // the digest contains a comma: the header was sent twice, so no digest is used
		}
		if digest, err := v.decode(coded); has && err == nil && len(digest) == v.hash().Size() {
			c.digests = append(c.digests, digest)
		}
	}
	if stamps > 1 {
		c.stamp = ""
	}
	c.digests = c.digests[:min(len(c.digests), maxDigests)]
	return c
}

func (v verifier) sum(key []byte, c claim, body []byte) []byte {
	mac := hmac.New(v.hash, key)
	for _, part := range v.signed {
		switch part {
		case bodyPart:
			mac.Write(body)
		case timestampPart:
			mac.Write([]byte(c.stamp))
		case idPart:
			mac.Write([]byte(c.id))
		default:
			mac.Write([]byte(part))
		}
	}
	return mac.Sum(nil)
}

// instant parses a time in Unix seconds, Unix milliseconds or the format of RFC 3339.
func instant(s string) (time.Time, bool) {
	if len(s) > maxStamp {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n >= 1e11 { // n counts milliseconds: as seconds it would be after the year 5138
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), n > 0
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
