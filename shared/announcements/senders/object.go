package senders

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/lazy"
	"masterhand/shared/kit/legible"
)

// The limits of what is taken out of a body.
const (
	maxText  = 128 // bytes of a text that is shown
	maxFiles = 200 // files of an event
)

// object is a JSON object. Names are taken to the letter, and of two alike the last
// counts, whatever the case of the others: it is never chance which is read.
type object map[string]json.RawMessage

// parse reads a body as an object; null is none.
func parse(body []byte) (object, bool) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var o object
	if len(body) > MaxBody || json.Unmarshal(body, &o) != nil || o == nil {
		return nil, false
	}
	return o, true
}

// object returns a member that is an object, else an empty one.
func (o object) object(name string) object {
	inner, _ := parse(o[name])
	return inner
}

// list returns the elements of a member that is an array.
func (o object) list(name string) []json.RawMessage {
	var elements []json.RawMessage
	if json.Unmarshal(o[name], &elements) != nil {
		return nil
	}
	return elements
}

// text returns a member that is a string or a number, else "".
func (o object) text(name string) string { return text(o[name]) }

// has reports whether a member has a value, of whatever type, other than null and an empty text.
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

// only notes an unknown field where the object has members beside those named.
func (o object) only(e *Event, names ...string) {
	for name := range o {
		if !slices.Contains(names, name) {
			e.note(UnknownField)
		}
	}
}

var idGrammar = lazy.Regexp(`^[A-Za-z0-9._:@-]{1,128}$`)

// id makes what a sender calls something fit for keys and for the parts of an identity:
// as it is, or its hash.
func id(s string) string {
	if s == "" || idGrammar().MatchString(s) && s != "." && s != ".." { // which name folders
		return s
	}
	return "~" + digest(s)
}

// digest returns half of a text's SHA-256 in hex: enough to tell a sender's events apart.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// shown bounds a text that somebody else wrote, without URLs and control characters.
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

// moment returns the first of the texts that is a time which makes sense for an event
// received when it was, else that time.
func moment(received time.Time, texts ...string) time.Time {
	const ahead = 24 * time.Hour // a sender's clock may be off
	for _, s := range texts {
		t, err := time.Parse(time.RFC3339, s)
		if err == nil && t.Year() >= 2000 && t.Before(received.Add(ahead)) {
			return t.UTC()
		}
	}
	return received
}

// encoded writes what no URL holds as it is, and what can mean but one thing, in percent-encoding.
var encoded = strings.NewReplacer(" ", "%20", `"`, "%22", "<", "%3C", ">", "%3E", "^", "%5E", "`", "%60", "{", "%7B", "|", "%7C", "}", "%7D")

// fetch sets where the file is to be fetched from, or why it cannot be. Blanks around the address
// are no part of it.
func (f *File) fetch(address string) {
	var err error
	address = encoded.Replace(strings.TrimSpace(address))
	switch f.URL, err = capability.Parse(address); {
	case address == "":
		f.Problem = ProblemURLAbsent
	case err != nil:
		f.Problem = ProblemURLUnusable
	}
}
