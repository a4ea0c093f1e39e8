package senders

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/lazy"
	"masterhand/shared/kit/legible"
)

// The limits of the values that are read from a body.
const (
	maxText  = 128 // the largest length of a text in an Event, in bytes; longer texts are cut
	maxFiles = 200 // the largest number of files of an event
)

// object is a JSON object. Member names are case-sensitive. If a name occurs twice, the object has the
// last value. So the same bytes always have the same meaning.
type object map[string]json.RawMessage

// parse reads a JSON object. It returns false for anything else, including null.
func parse(body []byte) (object, bool) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var o object
	if len(body) > MaxBody || json.Unmarshal(body, &o) != nil || o == nil {
		return nil, false
	}
	return o, true
}

// The method object returns the member with this name if it is a JSON object, or else an empty
// object.
func (o object) object(name string) object {
	inner, _ := parse(o[name])
	return inner
}

// list returns the elements of the member with this name if it is an array, or else nil.
func (o object) list(name string) []json.RawMessage {
	var elements []json.RawMessage
	if json.Unmarshal(o[name], &elements) != nil {
		return nil
	}
	return elements
}

// The method text returns the member with this name if it is a string or a number, or else "".
func (o object) text(name string) string { return text(o[name]) }

// has reports whether the member with this name has a value other than null and "".
func (o object) has(name string) bool {
	raw := string(o[name])
	return raw != "" && raw != "null" && raw != `""`
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// The method "only" notes UnknownField in the event if the object has a member with another name
// than the given ones.
func (o object) only(e *Event, names ...string) {
	for name := range o {
		if !slices.Contains(names, name) {
			e.note(UnknownField)
		}
	}
}

var idGrammar = lazy.Regexp(`^[A-Za-z0-9._:@-]{1,128}$`)

// id returns a sender's id if it can be part of a key and of an identity, or else a hash of it.
func id(s string) string {
	// "." and ".." are hashed, because in a key they would be folders.
	if s == "" || idGrammar().MatchString(s) && s != "." && s != ".." {
		return s
	}
	return "~" + digest(s)
}

// digest returns the first half of a text's SHA-256 in hexadecimal digits. This length is enough to tell
// events apart.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// shown returns a text from outside without URLs and control characters, at most maxText bytes long.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		if !legible.Rune(r) {
			return ' '
		}
		return r
	}, capability.Redact(s))
	if len(s) <= maxText {
		return s
	}
	cut := maxText
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

// moment parses the texts as times and returns the first plausible one: a time from the year 2000
// on and less than 24 hours after received, the time at which the event was received. If no text is
// plausible, moment returns received.
func moment(received time.Time, texts ...string) time.Time {
	// A plausible time may be up to 24 hours after the time of receipt, because the sender's clock
	// may be wrong.
	const ahead = 24 * time.Hour
	for _, s := range texts {
		t, err := time.Parse(time.RFC3339, s)
		if err == nil && t.Year() >= 2000 && t.Before(received.Add(ahead)) {
			return t.UTC()
		}
	}
	return received
}

// link parses an address as senders write it: link removes the blanks around it and percent-encodes
// the characters that a URL must not contain.
func link(address string) (capability.URL, error) {
	return capability.Parse(encoded(strings.TrimSpace(address)))
}

// encoded percent-encodes the bytes that a URL must not contain but that senders use in links, such as
// a space or the bytes of "Ü". All of them must be encoded: if one is left in a path, net/http encodes the
// path anew, and a "%2F" in it becomes "/", which is the path of another object. A backslash before
// the path is kept, so that the link is refused: programs disagree about the host of such a link.
func encoded(address string) string {
	var b strings.Builder
	_, after, _ := strings.Cut(address, "://")
	path := len(address) // the offset at which the path or the query begins
	if n := strings.IndexAny(after, "/?#"); n >= 0 {
		path += n - len(after)
	}
	for i := range len(address) {
		if c := address[i]; c >= 0x80 || strings.IndexByte(" \"<>^`{|}", c) >= 0 || c == '\\' && i > path {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// fetch sets the file's URL to the address, without the blanks around it. If the address is empty
// or is not a usable URL, fetch sets the field Problem.
func (f *File) fetch(address string) {
	var err error
	switch f.URL, err = link(address); {
	case errors.Is(err, capability.ErrEmpty):
		f.Problem = ProblemURLAbsent
	case err != nil:
		f.Problem = ProblemURLUnusable
	}
}
