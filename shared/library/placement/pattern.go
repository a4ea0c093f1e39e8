package placement

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"masterhand/shared/library/creative"
)

// Pattern is a library's own rule for file names. It matches the key below the library's prefix,
// without its extension. Examples:
//
//	{code}/{locale}/{aspect}_v{variation}
//	**/{code}_{variation}[_{locale}]
//	{*!}_{*!}_{code!}_{locale}{variation=1}
//
// A pattern consists of these parts and of plain text:
//
//   - A field, such as {code}, matches text without a slash. "*" matches any text without a slash.
//   - "**/" at the start of the pattern matches any folders.
//   - "[ ]" encloses an optional part. "[[" and "]]" match the brackets themselves.
//   - A field with "!" ends before the next place where the key has the character that follows
//     the field in the pattern. So {*!}_ matches any text up to the next "_".
//   - {variation=1} matches no text. Each key that matches the pattern has variation 1.
//
// Case does not matter. A key that the pattern can match in two ways is not placed.
type Pattern struct {
	text      string
	constants map[string]string
	longest   *regexp.Regexp // matches each field as long as possible, from left to right
	shortest  *regexp.Regexp
}

// These are the limits of patterns. All patterns and the library's prefix must fit into an
// environment variable.
const (
	MaxPatterns = 16
	MaxPattern  = 128 // largest length in bytes
)

// ErrPattern means that the text is not a valid pattern.
var ErrPattern = errors.New("invalid pattern for keys")

// fieldGrammar returns the regular expression of a field, or "" if no field has the name.
func fieldGrammar(name string) string {
	switch name {
	case "code":
		return `[^/]{1,64}`
	case "variation":
		return `[0-9]{1,6}`
	case "locale":
		return `[a-z]{2,3}(?:[-_][a-z]{4})?(?:[-_](?:[a-z]{2}|[0-9]{3}))?`
	case "aspect":
		return `[0-9.]{1,6}[x:][0-9.]{1,6}|vertical|horizontal|landscape|square`
	}
	return ""
}

// ParsePattern reads a pattern. If codes are given, {code} matches only the codes that they
// describe. The error wraps ErrPattern and states the reason.
func ParsePattern(text string, codes ...Code) (Pattern, error) {
	refuse := func(why string, args ...any) (Pattern, error) {
		return Pattern{}, fmt.Errorf("%w: %q: %s", ErrPattern, cut(text), fmt.Sprintf(why, args...))
	}
	switch {
	case text == "":
		return refuse("expected a pattern like {code}_{variation}, got nothing")
	case len(text) > MaxPattern:
		return refuse("over %d bytes", MaxPattern)
	case !utf8.ValidString(text):
		return refuse("not UTF-8")
	case strings.HasPrefix(text, "/"):
		return refuse("begins with /: no key does, and a pattern leaves out the library's prefix")
	}
	b := builder{parts: partsOf(clean(text)), codes: codes, constants: map[string]string{}, named: map[string]bool{}}
	if extension := b.extension(); extension != "" {
		return refuse("ends in %s: patterns match keys without their extension", extension)
	}
	if problem := b.build(); problem != "" {
		return refuse("%s", problem)
	}
	longest, err := regexp.Compile("(?i)^" + b.grammar.String() + "$")
	if err != nil {
		return refuse("cannot be used: %v", err)
	}
	return Pattern{text, b.constants, longest, regexp.MustCompile("(?iU)^" + b.grammar.String() + "$")}, nil
}

// partsOf splits a pattern into fields, stars, brackets and the text between them.
func partsOf(text string) (parts []string) {
	for text != "" {
		n := strings.IndexAny(text[1:], "{}*[]") + 1
		switch {
		case strings.HasPrefix(text, "**/"):
			n = 3
		case strings.HasPrefix(text, "[["), strings.HasPrefix(text, "]]"):
			n = 2
		case text[0] == '{':
			if n = strings.IndexByte(text, '}') + 1; n == 0 {
				n = len(text)
			}
		case strings.IndexByte("}*[]", text[0]) >= 0:
			n = 1
		case n == 0:
			n = len(text)
		}
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return parts
}

// builder builds a pattern's regular expression.
type builder struct {
	parts     []string
	codes     []Code
	constants map[string]string
	named     map[string]bool
	optional  bool // whether the current part is inside [ ]
	grammar   strings.Builder
}

// build writes the regular expression. It returns the mistake in the pattern, or "".
func (b *builder) build() string {
	for i, part := range b.parts {
		if problem := b.add(i, part); problem != "" {
			return problem
		}
	}
	switch {
	case b.optional:
		return "[ without ]"
	case !b.named["code"]:
		return "needs {code}"
	case !b.named["variation"]:
		return "needs {variation}, or a constant like {variation=1}"
	}
	return ""
}

func (b *builder) add(i int, part string) string {
	switch {
	case part == "**/" && i == 0:
		b.grammar.WriteString(`(?:.*/)?`)
	case part == "**/":
		return "**/ is allowed only at the start"
	case part == "*":
		b.grammar.WriteString(`[^/]*`)
	case part == "[[" || part == "]]":
		b.grammar.WriteString(regexp.QuoteMeta(part[:1]))
	case part == "[" && b.optional:
		return "an optional part within another"
	case part == "[":
		b.optional = true
		b.grammar.WriteString("(?:")
	case part == "]" && !b.optional:
		return "] without ["
	case part == "]" && b.parts[i-1] == "[":
		return "an empty optional part"
	case part == "]":
		b.optional = false
		b.grammar.WriteString(")?")
	case part == "}":
		return "} without {"
	case part[0] == '{' && !strings.HasSuffix(part, "}"):
		return "{ without }"
	case part[0] == '{':
		return b.field(i, part)
	default:
		b.grammar.WriteString(regexp.QuoteMeta(part))
	}
	return ""
}

// field adds a field to the regular expression: {code}, {code!}, {variation=1}, {*!}. It returns
// the mistake in the field, or "".
func (b *builder) field(i int, part string) string {
	name, constant, isConstant := strings.Cut(part[1:len(part)-1], "=")
	name, ends := strings.CutSuffix(name, "!")
	grammar := fieldGrammar(name)
	switch {
	case name == "*" && ends && !isConstant:
		grammar = `[^/]*`
	case grammar == "":
		return fmt.Sprintf("%.20s is none of {code}, {variation}, {locale}, {aspect} and {*!}", part)
	case b.named[name]:
		return fmt.Sprintf("{%s} twice", name)
	case b.optional && (name == "code" || name == "variation"):
		return fmt.Sprintf("{%s} is in an optional part, but every key needs it", name)
	}
	if name != "*" {
		b.named[name] = true
	}
	if isConstant {
		return b.constant(name, constant)
	}
	if name == "variation" && (b.isOpen(i-1, true) || b.isOpen(i+1, false)) {
		return "{variation} must not be next to a digit, a field, an optional part or *"
	}
	if name == "code" && len(b.codes) > 0 {
		grammar = ""
		for n, c := range b.codes {
			if n > 0 {
				grammar += "|"
			}
			grammar += c.grammar()
		}
	}
	if ends {
		stop, problem := b.stop(i)
		if problem != "" {
			return problem
		}
		if name == "code" && len(b.codes) > 0 {
			stop = "" // no stop character is needed: the declared shape of codes states where a code ends
		}
		grammar = strings.Replace(grammar, `[^/]`, `[^/`+stop+`]`, 1)
	}
	if name == "*" {
		fmt.Fprintf(&b.grammar, "(?:%s)", grammar)
	} else {
		fmt.Fprintf(&b.grammar, "(?P<%s>%s)", name, grammar)
	}
	return ""
}

// constant stores a value that all keys of the pattern have. It returns the mistake in the value,
// or "".
func (b *builder) constant(name, text string) string {
	var err error
	switch name {
	case "variation":
		var n int
		if n, err = strconv.Atoi(text); err == nil {
			err = creative.Creative{Code: "x", Variation: n}.Check()
		}
	case "locale":
		_, err = creative.ParseLocale(text)
	case "aspect":
		_, err = creative.ParseAspect(text)
	case "code":
		if err = (creative.Creative{Code: text}).Check(); err == nil && !(Rules{Codes: b.codes}).Declares(text) {
			return fmt.Sprintf("{code=%.40s} is none of the declared codes", text)
		}
	}
	if err != nil {
		return fmt.Sprintf("{%s=%.40s}: not a valid %s", name, text, name)
	}
	b.constants[name] = text
	return ""
}

// isOpen reports whether part i of the pattern could match some digits of the variation beside it.
// The parameter before is true if part i is before the variation.
func (b *builder) isOpen(i int, before bool) bool {
	if i < 0 || i >= len(b.parts) {
		return false
	}
	part := b.parts[i]
	switch {
	case part == "**/", part == "[[", part == "]]":
		return false
	case part[0] == '{' && strings.Contains(part, "="):
		return false
	case strings.IndexByte("{*[]", part[0]) >= 0:
		if part == "[" || part == "]" {
			return b.isOptionalOpen(i, before)
		}
		return true
	case before:
		return kindOf(rune(part[len(part)-1])) == digit
	}
	return kindOf(rune(part[0])) == digit
}

// isOptionalOpen does the work of isOpen for part i if it is "[" or "]". A key may omit the text in
// the brackets. So the text beside the variation is either the text inside the brackets or the text
// on their other side. isOptionalOpen checks both.
func (b *builder) isOptionalOpen(i int, before bool) bool {
	step := 1
	if before {
		step = -1
	}
	if b.isOpen(i+step, before) {
		return true
	}
	for j := i + step; j >= 0 && j < len(b.parts); j += step {
		if b.parts[j] == "[" || b.parts[j] == "]" {
			return b.isOpen(j+step, before)
		}
	}
	return false
}

// stop returns the character at which a field with "!" ends, which is the first character after the
// field: "_" for {code!} in "{code!}_{locale}". It returns "" if the field is the last part of the
// pattern. It returns a problem if the next part does not begin with a fixed character.
func (b *builder) stop(i int) (character, problem string) {
	if i+1 == len(b.parts) {
		return "", ""
	}
	next := b.parts[i+1]
	if strings.IndexByte("{}*[", next[0]) >= 0 && next != "[[" || next == "]" {
		return "", fmt.Sprintf("%s must be followed by the text that it ends at", b.parts[i])
	}
	r, _ := utf8.DecodeRuneInString(next)
	return regexp.QuoteMeta(string(r)), ""
}

// extension returns the file extension at the end of the pattern, or "".
func (b *builder) extension() string {
	last := b.parts[len(b.parts)-1]
	dot := strings.LastIndexByte(last, '.')
	if dot < 0 {
		return ""
	}
	if ext := strings.ToLower(last[dot+1:]); isFilm(ext) || isPicture(ext) || isOther(ext) || ext == "ext" {
		return last[dot:]
	}
	return ""
}

// grammar returns a regular expression for the codes of this shape, such as HRT-####.
func (c Code) grammar() string {
	var b strings.Builder
	for _, e := range c.elements {
		switch {
		case e.digit:
			b.WriteString("[0-9]")
		case e.char == 0:
			b.WriteString(`\pL`)
		default:
			b.WriteString(regexp.QuoteMeta(string(e.char)))
		}
		if e.optional {
			b.WriteByte('?')
		}
	}
	return b.String()
}

// String returns the pattern's text.
func (p Pattern) String() string { return p.text }
