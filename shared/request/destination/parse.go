package destination

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"masterhand/shared/kit/safehttp"
	"masterhand/shared/library"
	"masterhand/shared/request/signature"
)

// The limits of the list of destinations.
const (
	// MaxSize is the size in bytes of the largest secret in AWS Secrets Manager.
	MaxSize         = 64 << 10
	maxDestinations = 100
	maxEntries      = 16 // the largest number of secrets, upload hosts or callback hosts of one destination
)

// The problems that [Parse] reports, besides those of signature.NewKey, signature.ErrScheme and
// safehttp.ErrPattern. A [ParseError] says where each problem is.
var (
	ErrTooLarge            = errors.New("larger than 64 KiB")
	ErrNoList              = errors.New("not a JSON list in UTF-8")
	ErrTooManyDestinations = fmt.Errorf("more than %d destinations", maxDestinations)
	ErrType                = errors.New("wrong JSON type")
	ErrName                = errors.New("expected a name of 1 to 64 printable ASCII characters")
	ErrDuplicate           = errors.New("an earlier destination has the same name")
	ErrSharedSecret        = errors.New("another destination has this secret: each destination needs a secret of its own")
	ErrTooManyEntries      = fmt.Errorf("more than %d entries", maxEntries)
	ErrLibrary             = errors.New("expected a library name of 1 to 32 lower-case letters, digits and hyphens")
)

// CheckName returns ErrName unless the text may be the name of a destination.
func CheckName(name string) error {
	if !isName(name) {
		return ErrName
	}
	return nil
}

// isName reports whether a text may be the name of a destination: 1 to 64 printable ASCII
// characters, of which the first and the last are no spaces.
func isName(text string) bool {
	unprintable := func(r rune) bool { return r < ' ' || r > '~' }
	return text != "" && len(text) <= 64 && strings.Trim(text, " ") == text && !strings.ContainsFunc(text, unprintable)
}

// ParseError contains all problems of a list. Each problem says where it is, for example
// "[0].secrets[1]", and wraps one of the package's errors.
type ParseError struct{ Problems []error }

// Error returns all problems in one line.
func (e *ParseError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		texts[i] = problem.Error()
	}
	return "destinations: " + strings.Join(texts, "; ")
}

// Unwrap returns the problems.
func (e *ParseError) Unwrap() []error { return e.Problems }

// Parse reads the JSON list of destinations:
//
//	[{"name": "…", "scheme": "outpost", "secrets": ["…"], "library": "default",
//	  "uploadHosts": ["account.r2.cloudflarestorage.com"], "callbackHosts": ["api.trigger.dev"]}]
//
// Only the name is required. Other fields that are absent, null or empty get their defaults, and
// unknown fields are ignored. A destination without secrets receives events only by a queue or a
// bucket. Two destinations must not share a secret, because the secret decides whose request it is.
// The list may be empty; then no request is authentic. The error is a *[ParseError].
func Parse(data []byte) ([]Destination, error) {
	elements, err := elementsOf(data)
	if err != nil {
		return nil, &ParseError{Problems: []error{err}}
	}
	list := make([]Destination, len(elements))
	names := map[string]bool{}
	owners := map[string]int{}
	var problems []error
	for i, element := range elements {
		f := form{where: fmt.Sprintf("[%d]", i), owners: owners, number: i}
		list[i] = f.destination(element)
		if name := list[i].Name; name != "" && names[name] {
			f.problem(".name", ErrDuplicate)
		} else {
			names[name] = true
		}
		problems = append(problems, f.problems...)
	}
	if len(problems) > 0 {
		return nil, &ParseError{Problems: problems}
	}
	return list, nil
}

// elementsOf returns the elements of the list. It hides the errors of encoding/json, because they
// quote parts of the text.
func elementsOf(data []byte) ([]json.RawMessage, error) {
	if len(data) > MaxSize {
		return nil, ErrTooLarge
	}
	var elements []json.RawMessage
	if !utf8.Valid(data) || json.Unmarshal(data, &elements) != nil || elements == nil {
		return nil, ErrNoList // JSON null leaves elements nil; it is an error, unlike an empty list
	}
	if len(elements) > maxDestinations {
		return nil, ErrTooManyDestinations
	}
	return elements, nil
}

// form reads one destination and collects its problems.
type form struct {
	where    string
	number   int            // the destination's index in the list
	owners   map[string]int // maps each secret to the index of the first destination that has it
	fields   map[string]json.RawMessage
	problems []error
}

func (f *form) problem(at string, err error) {
	f.problems = append(f.problems, fmt.Errorf("%s%s: %w", f.where, at, err))
}

func (f *form) destination(element json.RawMessage) Destination {
	if json.Unmarshal(element, &f.fields) != nil || f.fields == nil {
		f.problem("", ErrType)
		return Destination{}
	}
	d := Destination{
		Name:          f.matching("name", "", isName, ErrName),
		Library:       f.matching("library", DefaultLibrary, library.IsName, ErrLibrary),
		UploadHosts:   f.hosts("uploadHosts", DefaultUploadHosts),
		CallbackHosts: f.hosts("callbackHosts", DefaultCallbackHosts),
	}
	d.Scheme, d.Keys = f.credentials()
	return d
}

// field decodes the field if it is present, and reports whether its type is right. An absent field
// counts as right.
func (f *form) field(name string, value any) bool {
	raw, present := f.fields[name]
	if present && json.Unmarshal(raw, value) != nil {
		f.problem("."+name, ErrType)
		return false
	}
	return true
}

// matching returns the text of a field. If the field is absent or empty, matching uses the default
// text, which is the parameter standard. If valid returns false for the text, matching reports the
// parameter unlike as the problem and returns "".
func (f *form) matching(name, standard string, valid func(string) bool, unlike error) string {
	text := ""
	if !f.field(name, &text) {
		return ""
	}
	if text == "" {
		text = standard
	}
	if !valid(text) {
		f.problem("."+name, unlike)
		return ""
	}
	return text
}

func (f *form) credentials() (signature.Scheme, []signature.Key) {
	var name string
	var secrets []string
	typed := f.field("scheme", &name)
	scheme, err := signature.ParseScheme(name)
	if err != nil {
		// ErrScheme is reported instead of err, because err quotes the configured text
		f.problem(".scheme", signature.ErrScheme)
	}
	typed = f.field("secrets", &secrets) && typed && err == nil
	if len(secrets) > maxEntries {
		f.problem(".secrets", ErrTooManyEntries)
		return scheme, nil
	}
	if !typed {
		return scheme, nil // the secrets are not checked: without a scheme their form is unknown
	}
	var keys []signature.Key
	for i, secret := range secrets {
		key, err := signature.NewKey(scheme, secret)
		if err != nil {
			f.problem(fmt.Sprintf(".secrets[%d]", i), err)
		}
		if !f.owns(secret) {
			f.problem(fmt.Sprintf(".secrets[%d]", i), ErrSharedSecret)
		}
		keys = append(keys, key)
	}
	return scheme, keys
}

// owns reports whether no earlier destination has the secret. A secret counts as the same with and
// without the prefix "whsec_", because a scheme may omit the prefix.
func (f *form) owns(secret string) bool {
	secret = strings.TrimPrefix(secret, "whsec_")
	owner, taken := f.owners[secret]
	if !taken {
		f.owners[secret] = f.number
	}
	return !taken || owner == f.number
}

func (f *form) hosts(name, standard string) []string {
	var patterns []string
	if !f.field(name, &patterns) {
		return nil
	}
	if len(patterns) == 0 {
		return []string{standard}
	}
	if len(patterns) > maxEntries {
		f.problem("."+name, ErrTooManyEntries)
		return nil
	}
	for i, pattern := range patterns {
		patterns[i] = strings.ToLower(pattern)
		if err := safehttp.CheckPattern(pattern); err != nil {
			f.problem(fmt.Sprintf(".%s[%d]", name, i), err)
		}
	}
	return patterns
}
