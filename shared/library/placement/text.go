package placement

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// text is a key as people see it, taken apart into runs of letters and runs of digits. What
// stands between two runs separates them.
type text struct {
	s     string
	upper string // s with each run as its word
	runs  []run
}

type run struct {
	start, end int
	at         int // where its word begins in the upper-case text
	digits     bool
	word       string // the run in upper case
	look       string // word, with each letter that looks like a Latin one written as that one
	written    style
}

// style says how the letters of a run are written.
type style byte

const (
	mixed style = iota // also every run without upper and lower case
	upper
	lower
)

// newText reads a text. The text must come from clean.
func newText(s string) text {
	t := text{s: s, runs: make([]run, 0, 16)}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		kind := kindOf(r)
		end := i + size
		for kind != between && end < len(s) {
			next, size := utf8.DecodeRuneInString(s[end:])
			if k := kindOf(next); k != kind && !(kind == letter && unicode.IsMark(next)) {
				break
			}
			end += size
		}
		if kind != between {
			t.runs = append(t.runs, newRun(s, i, end, kind == digit))
		}
		i = end
	}
	t.spell()
	return t
}

// spell writes the upper-case text.
func (t *text) spell() {
	var b strings.Builder
	b.Grow(len(t.s))
	for i := range t.runs {
		b.WriteString(t.gap(i))
		t.runs[i].at = b.Len()
		b.WriteString(t.runs[i].word)
	}
	b.WriteString(t.gap(len(t.runs)))
	t.upper = b.String()
}

func newRun(s string, start, end int, digits bool) run {
	r := run{start: start, end: end, digits: digits, word: s[start:end]}
	r.look = r.word
	if digits {
		return r
	}
	up, low := strings.ToUpper(r.word), strings.ToLower(r.word)
	switch {
	case up == low:
	case r.word == up:
		r.written = upper
	case r.word == low:
		r.written = lower
	}
	r.word = up
	r.look = latin(up)
	if r.look != up && mixesScripts(up) {
		r.word = r.look // a mistake of the keyboard: nobody spells a code in two scripts
	}
	return r
}

type runeKind byte

const (
	between runeKind = iota
	letter
	digit
)

func kindOf(r rune) runeKind {
	switch {
	case '0' <= r && r <= '9':
		return digit
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		return letter
	case r >= utf8.RuneSelf && unicode.IsLetter(r):
		return letter
	}
	return between
}

// gap returns what stands before run i; beyond the last run, what stands behind it.
func (t *text) gap(i int) string {
	from, to := 0, len(t.s)
	if i > 0 {
		from = t.runs[i-1].end
	}
	if i < len(t.runs) {
		to = t.runs[i].start
	}
	return t.s[from:to]
}

// isDigits reports whether run i exists and is a run of digits.
func (t *text) isDigits(i int) bool { return i < len(t.runs) && t.runs[i].digits }

// isLetters reports whether run i exists and is a run of letters.
func (t *text) isLetters(i int) bool { return i >= 0 && i < len(t.runs) && !t.runs[i].digits }

// joined reports whether nothing stands before run i but another run.
func (t *text) joined(i int) bool { return i > 0 && i < len(t.runs) && t.gap(i) == "" }

// number returns the value of run i, or -1 where the run is no number of up to six digits.
func (t *text) number(i int) int {
	if !t.isDigits(i) {
		return -1
	}
	return value(t.runs[i].word)
}

// value returns a number of up to six digits, leading zeros aside, or -1.
func value(digits string) int {
	digits = strings.TrimLeft(digits, "0")
	if len(digits) > 6 {
		return -1
	}
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// clean returns a key as people see it: composed, with one kind of dash, of blank and of
// digit, and without invisible characters. "/" still separates folders.
func clean(key string) string {
	if isASCII(key) {
		return key
	}
	var apart strings.Builder
	for _, r := range strings.ToValidUTF8(key, " ") {
		if unicode.Is(unicode.No, r) { // "²" must not join the digits beside it
			apart.WriteString(" " + string(r) + " ")
			continue
		}
		apart.WriteRune(r)
	}
	return strings.Map(plain, norm.NFKC.String(apart.String()))
}

// plain returns the one character that stands for all that look like it; -1 drops it.
func plain(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r == '\u00ad', r == '−', r == '⁃', r == '➖', r == '˗', r == '〜', unicode.Is(unicode.Pd, r):
		return '-'
	case r == '×', r == '✕', r == '✖', r == '⨯':
		return 'x'
	case r == '∶', r == 'ː', r == '꞉':
		return ':'
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return -1
	case unicode.IsSpace(r), unicode.IsControl(r), r == '⁄':
		return ' '
	case unicode.Is(unicode.Nd, r):
		return '0' + digitValue(r)
	}
	return r
}

// digitValue returns the value of a digit of any script: Unicode lays them out in tens.
func digitValue(r rune) rune {
	zero := r
	for r-zero < 9 && unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return r - zero
}

// unescaped decodes what a browser escaped: "%20". What decodes to a letter, a digit or a
// slash stays as it is, because it could complete or cut a word that was not escaped.
func unescaped(key string) string {
	if !strings.Contains(key, "%") {
		return key
	}
	var out strings.Builder
	for i := 0; i < len(key); i++ {
		if b, ok := escapedByte(key[i:]); ok && ' ' <= b && b < utf8.RuneSelf && b != '/' && kindOf(rune(b)) == between {
			out.WriteByte(b)
			i += 2
			continue
		}
		out.WriteByte(key[i])
	}
	return out.String()
}

func escapedByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, low := hexValue(s[1]), hexValue(s[2])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func hexValue(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	}
	return -1
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lookalikes holds pairs: an upper-case letter of another script, the Latin one it looks like.
const lookalikes = "АAВBЕEКKМMНHОOРPСCТTУYХXІIЈJЅS" + "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX"

// latin returns upper-case text with each letter that looks like a Latin one as that one.
func latin(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cyrillic, unicode.Greek) {
			if at := strings.IndexRune(lookalikes, r); at >= 0 {
				like, _ := utf8.DecodeRuneInString(lookalikes[at+utf8.RuneLen(r):])
				return like
			}
		}
		return r
	}, s)
}

// mixesScripts reports whether a run has Latin letters and others that look like them.
func mixesScripts(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
}
