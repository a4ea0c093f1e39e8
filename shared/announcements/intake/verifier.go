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

// verifier checks an HMAC over a request as its configuration says: a scheme that a vendor
// does not document can be found out and set without a new version of the function.
type verifier struct {
	header      string // in lower case
	prefix      string // before each digest, "sha256=" for one
	hash        func() hash.Hash
	decode      func(string) ([]byte, error)
	keys        func() [][]byte // a function, so that nothing prints them
	timestamp   string          // header with the time, in lower case; "": none
	stampPrefix string          // before the time among the digests, "t=" for one; "": it is not there
	id          string          // header with the message's id, in lower case; "": none is signed
	skew        time.Duration
	signed      []string // texts, idPart, timestampPart and bodyPart, in order
}

// The limits of the headers that a verifier reads.
const (
	maxSignature = 4 << 10
	maxDigests   = 8
	maxStamp     = 64
)

// signedIDGrammar asks for an id of neither two headers' values nor the start of a body: an id could
// otherwise take in a part of what is signed after it.
var signedIDGrammar = lazy.Regexp(`^[A-Za-z0-9._:+/=@|~-]{1,256}$`)

// claim is what the headers of a request say.
type claim struct {
	digests [][]byte
	stamp   string
	id      string
}

// verify checks the header's digests against every key. One match is enough: several
// come while the sender changes its secret.
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
	for _, key := range v.keys() { // no early end: time tells nothing about which key matched
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

// stamped reports whether a time is signed.
func (v verifier) stamped() bool { return v.timestamp != "" || v.stampPrefix != "" }

// read returns the claim of a request: its digests are nil if the signature's header is too long or
// came twice, its stamp is "" if there is not exactly one. An element without a known prefix is
// of another scheme, and skipped.
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
			return claim{} // the values of two headers
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

// instant reads a time: Unix seconds or milliseconds, or RFC 3339.
func instant(s string) (time.Time, bool) {
	if len(s) > maxStamp {
		return time.Time{}, false
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n >= 1e11 { // seconds will not come to that before the year 5138
			return time.UnixMilli(n), true
		}
		return time.Unix(n, 0), n > 0
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}
