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

// The limits of the senders' secret.
const (
	maxSecretSize = 64 << 10 // the largest secret that AWS Secrets Manager can store, in bytes
	maxTokens     = 16       // the largest number of tokens of a sender
)

// The problems that [Parse] reports. The problems of a verifier, which it also reports, are declared
// beside the verifier.
var (
	ErrTooLarge    = errors.New("the secret is larger than 64 KiB")
	ErrNoObject    = errors.New("the secret is not a JSON object")
	ErrUnknownName = errors.New("unknown sender")
	ErrNoSender    = errors.New(`expected an object with "tokens" and, optionally, "verifier", and no other member`)
	ErrTokens      = errors.New("expected 1 to 16 tokens")
	ErrToken       = errors.New("expected a token of 22 to 256 letters, digits, hyphens or underscores")
	ErrCode        = errors.New("expected a code shape such as HRT-####")
	ErrScope       = fmt.Errorf("expected a token with either \"codes\" (1 to %d shapes such as HRT-####) or \"anyCode\"", placement.MaxCodes)
)

// tokenGrammar requires at least 128 bits in base64, and only characters that a URL need not escape.
var tokenGrammar = lazy.Regexp(`^[A-Za-z0-9_-]{22,256}$`)

// token is a sender's token. It holds only the token's hash, which is compared with the hash of the
// token in a request. The first digits of the hash are the hint.
type token struct {
	hash  [sha256.Size]byte
	codes []placement.Code // shapes of the codes the token may announce, such as HRT-####; nil means every code
}

// hint returns 8 hexadecimal digits that tell tokens apart without revealing them. They are the first
// digits that "printf %s TOKEN | sha256sum" prints.
func (t token) hint() string { return hex.EncodeToString(t.hash[:4]) }

// TokenHint returns the first 8 hexadecimal digits of a token's hash, by which logs and metrics
// name the token.
func TokenHint(text string) string { return token{hash: sha256.Sum256([]byte(text))}.hint() }

// Senders holds the tokens and verifiers of all senders. The zero value admits nobody.
type Senders struct{ bySender map[string]known }

// known holds the tokens and the verifier of one sender.
type known struct {
	tokens   []token
	verifier *verifier // checks the signature; nil means that only the token is checked
}

// Empty implements [secret.Value].
func (s Senders) Empty() bool { return len(s.bySender) == 0 }

// match returns the token that equals the text. It compares with all tokens in constant time.
func (k known) match(text string) (matched token, ok bool) {
	sum := sha256.Sum256([]byte(text))
	for _, t := range k.tokens {
		if subtle.ConstantTimeCompare(t.hash[:], sum[:]) == 1 {
			matched, ok = t, true
		}
	}
	return matched, ok
}

// ParseError holds all problems of the senders' secret. Each problem names its sender and wraps one
// of the package's errors.
type ParseError struct{ Problems []error }

// Error returns all problems in one line.
func (e *ParseError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		texts[i] = problem.Error()
	}
	return "senders: " + strings.Join(texts, "; ")
}

// Unwrap returns the problems.
func (e *ParseError) Unwrap() []error { return e.Problems }

// wireSender is the JSON of a sender in the secret.
type wireSender struct {
	Tokens   []TokenEntry   `json:"tokens"`
	Verifier *VerifierEntry `json:"verifier"`
}

// TokenEntry is the JSON of a token in the secret. In the format of an older version an entry is a
// string instead of an object: the token. Such a token may announce every code.
type TokenEntry struct {
	Token string `json:"token"`
	// Codes are the shapes of the codes that the token may announce, such as "HRT-####".
	Codes   []string `json:"codes,omitempty"`
	AnyCode bool     `json:"anyCode,omitempty"` // reports whether the token may announce every code
	Older   bool     `json:"-"`                 // reports whether the entry is a string, as in an older version
}

// UnmarshalJSON reads an entry of this version or of an older one.
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

// MarshalJSON writes an entry. An entry of an older version stays a string.
func (e TokenEntry) MarshalJSON() ([]byte, error) {
	if e.Older {
		return json.Marshal(e.Token)
	}
	type plain TokenEntry
	return json.Marshal(plain(e))
}

// parse returns the entry's token, or all problems of the entry.
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
			problems = append(problems, ErrCode) // err is left out, because it quotes the secret
		}
		t.codes = append(t.codes, code)
	}
	return t, problems
}

// Parse reads the senders' secret, a JSON object:
//
//	{"hoox": {"tokens": [{"token": "…", "codes": ["HRT-####"]}, {"token": "…", "anyCode": true}]},
//	 "posternity": {"tokens": ["…"], "verifier": {"header": "X-Signature",
//	  "prefix": "sha256=", "algorithm": "sha256", "encoding": "hex", "secrets": ["…"],
//	  "timestampHeader": "", "skew": "5m", "signed": "{body}"}}}
//
// See [VerifierEntry] for the members of a verifier.
//
// All requests of a sender without an entry are refused. Unknown members are errors, so that a
// misspelt member cannot weaken a verifier. An error is a *[ParseError] and never quotes the secret.
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
			// The error does not quote the unknown name, because it may be a token in the wrong place.
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
		return known{}, []error{ErrNoSender} // err is left out, because it quotes the secret
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
