package intake

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/lazy"
	"masterhand/shared/library/placement"
)

// The limits of the secret.
const (
	maxSecretSize = 64 << 10 // what Secrets Manager holds
	maxTokens     = 16       // of a sender
)

// The problems that [Parse] reports, besides those of a verifier.
var (
	ErrTooLarge    = errors.New("larger than 64 KiB")
	ErrNoObject    = errors.New("no JSON object")
	ErrUnknownName = errors.New("unknown sender")
	ErrNoSender    = errors.New(`no object of "tokens" and "verifier" alone`)
	ErrTokens      = errors.New("not 1 to 16 tokens")
	ErrToken       = errors.New("token that is not 22 to 256 letters, digits, hyphens or underscores")
	ErrCode        = errors.New("code shape that cannot be read (expected one such as HRT-####)")
	ErrScope       = fmt.Errorf("token without just one of \"codes\" (1 to %d shapes such as HRT-####) and \"anyCode\"", placement.MaxCodes)
)

// tokenGrammar asks for 128 bits in base64 at least, and nothing that a URL escapes.
var tokenGrammar = lazy.Regexp(`^[A-Za-z0-9_-]{22,256}$`)

// token is a sender's token: it is compared by its hash, and told apart by the start of it.
type token struct {
	hash  [sha256.Size]byte
	codes []placement.Code // shapes of the codes that it may announce; nil: any code
}

// hint tells tokens apart and nothing of what they are: its 8 digits are those that
// "printf %s TOKEN | sha256sum" begins with.
func (t token) hint() string { return hex.EncodeToString(t.hash[:4]) }

// TokenHint tells a token apart from others as logs and metrics do.
func TokenHint(text string) string { return token{hash: sha256.Sum256([]byte(text))}.hint() }

// Senders are who may send.
type Senders struct{ bySender map[string]known }

// known is what is known of one sender.
type known struct {
	tokens   []token
	verifier *verifier // nil: the token is all there is
}

// Empty implements [secret.Value].
func (s Senders) Empty() bool { return len(s.bySender) == 0 }

// match returns the token that the text is, after comparing it with all.
func (k known) match(text string) (matched token, ok bool) {
	sum := sha256.Sum256([]byte(text))
	for _, t := range k.tokens {
		if subtle.ConstantTimeCompare(t.hash[:], sum[:]) == 1 {
			matched, ok = t, true
		}
	}
	return matched, ok
}

// ParseError is all that is wrong with the secret. Each problem says of which sender,
// and wraps one of the package's errors.
type ParseError struct{ Problems []error }

// Error puts all problems in one line.
func (e *ParseError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		texts[i] = problem.Error()
	}
	return "senders: " + strings.Join(texts, "; ")
}

// Unwrap returns the problems.
func (e *ParseError) Unwrap() []error { return e.Problems }

// wireSender is a sender as the secret has it.
type wireSender struct {
	Tokens   []TokenEntry   `json:"tokens"`
	Verifier *VerifierEntry `json:"verifier"`
}

// TokenEntry is a token as the secret has it. An entry of an older version is the token
// alone, and may announce any code.
type TokenEntry struct {
	Token string `json:"token"`
	// Codes are the shapes of the codes that it may announce, as a library declares them.
	Codes   []string `json:"codes,omitempty"`
	AnyCode bool     `json:"anyCode,omitempty"` // it may announce any code
	Older   bool     `json:"-"`                 // nobody has said which codes it may announce
}

// UnmarshalJSON reads an entry of any version.
func (e *TokenEntry) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*e = TokenEntry{Older: true}
		return json.Unmarshal(data, &e.Token)
	}
	type plain TokenEntry
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(e))
}

// MarshalJSON writes an entry of an older version as it was.
func (e TokenEntry) MarshalJSON() ([]byte, error) {
	if e.Older {
		return json.Marshal(e.Token)
	}
	type plain TokenEntry
	return json.Marshal(plain(e))
}

// parse checks an entry.
func (e TokenEntry) parse() (t token, problems []error) {
	if !tokenGrammar().MatchString(e.Token) {
		problems = append(problems, ErrToken)
	}
	if len(e.Codes) > placement.MaxCodes || !e.Older && (len(e.Codes) > 0) == e.AnyCode {
		problems = append(problems, ErrScope)
	}
	t.hash = sha256.Sum256([]byte(e.Token))
	for _, shape := range e.Codes {
		code, err := placement.ParseCode(shape)
		if err != nil {
			problems = append(problems, ErrCode) // err quotes the text
		}
		t.codes = append(t.codes, code)
	}
	return t, problems
}

// Parse reads the JSON object of senders:
//
//	{"hoox": {"tokens": [{"token": "…", "codes": ["HRT-####"]}, {"token": "…", "anyCode": true}]},
//	 "posternity": {"tokens": ["…"], "verifier": {"header": "X-Signature",
//	  "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex", "secrets": ["…"],
//	  "timestampHeader": "", "skew": "5m", "signed": "{body}"}}}
//
// The members of a verifier stand at [VerifierEntry].
//
// A sender that is not there cannot send. Nothing unknown is taken: a slip of the hand
// in a verifier's field must not make it weaker. An error is a *[ParseError], and shows
// nothing of what it was given.
func Parse(data []byte) (Senders, error) {
	var elements map[string]json.RawMessage
	switch {
	case len(data) > maxSecretSize:
		return Senders{}, &ParseError{[]error{ErrTooLarge}}
	case json.Unmarshal(data, &elements) != nil || elements == nil:
		return Senders{}, &ParseError{[]error{ErrNoObject}}
	}
	s := Senders{bySender: map[string]known{}}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if !slices.Contains(senders.Names(), name) {
			// The name is not shown: it may be a token in the wrong place.
			problems = append(problems, fmt.Errorf("%w: expected %s", ErrUnknownName, strings.Join(senders.Names(), ", ")))
			continue
		}
		k, wrong := parseSender(elements[name])
		for _, err := range wrong {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
		s.bySender[name] = k
	}
	if len(problems) > 0 {
		return Senders{}, &ParseError{problems}
	}
	return s, nil
}

func parseSender(element json.RawMessage) (k known, problems []error) {
	var w wireSender
	d := json.NewDecoder(bytes.NewReader(element))
	d.DisallowUnknownFields()
	switch err := d.Decode(&w); {
	case errors.Is(err, errVerifierMembers):
		return known{}, []error{errVerifierMembers}
	case err != nil:
		return known{}, []error{ErrNoSender} // err quotes names and numbers
	}
	if _, err := d.Token(); err != io.EOF {
		return known{}, []error{ErrNoSender}
	}
	if len(w.Tokens) == 0 || len(w.Tokens) > maxTokens {
		problems = append(problems, ErrTokens)
	}
	for _, entry := range w.Tokens {
		t, wrong := entry.parse()
		problems = append(problems, wrong...)
		k.tokens = append(k.tokens, t)
	}
	if w.Verifier != nil {
		var wrong []error
		k.verifier, wrong = w.Verifier.make()
		problems = append(problems, wrong...)
	}
	return k, problems
}
