package placement

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// text is a key as people see it, split into runs of letters and runs of digits. The characters
// between two runs are their gap.
type text struct {
	s     string
	upper string // s in upper case: the words of the runs, with the gaps between them
	runs  []run
}

type run struct {
	start, end int
	at         int // offset in bytes of the field word in text.upper
	digits     bool
	word       string // the run's letters or digits, in upper case
	look       string // word, in which Latin letters replace characters that look like them
	written    style
}

// style is the case of consecutive letters.
type style byte

const (
	mixed style = iota // mixed case, or letters of a script without case
	upper
	lower
)

// newText splits a string into runs. The string must come from the function clean.
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

// spell sets the field upper, which is the text in upper case. In each run (a sequence of letters
// or of digits) it sets the field at, which is the run's offset in that upper-case text.
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
		r.word = r.look // replace the lookalikes: nobody spells a code in two scripts, so this is a typing mistake
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

// gap returns the characters between run i of the text and the run before it. For i = len(t.runs)
// it returns the characters after the last run. A run is a sequence of letters or of digits.
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

// isDigits reports whether the text has a run number i, and that run consists of digits. Numbers
// start at 0. Each run is a sequence of letters or of digits.
func (t *text) isDigits(i int) bool { return i < len(t.runs) && t.runs[i].digits }

// isLetters reports whether the text has a run number i, and that run consists of letters. Numbers
// start at 0. Each run is a sequence of letters or of digits.
func (t *text) isLetters(i int) bool { return i >= 0 && i < len(t.runs) && !t.runs[i].digits }

// joined reports whether no character separates the text's run number i from the run before it.
// In HRT1212, the run 1212 is joined to the run HRT.
func (t *text) joined(i int) bool { return i > 0 && i < len(t.runs) && t.gap(i) == "" }

// number returns the value of run number i of the text (a sequence of letters or of digits). It
// returns -1 if the run consists of letters, or has more than six digits after its leading zeros.
func (t *text) number(i int) int {
	if !t.isDigits(i) {
		return -1
	}
	return value(t.runs[i].word)
}

// value returns the value of a number. It returns -1 if the number has more than six digits after
// its leading zeros.
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

// clean returns a key as people see it: in composed Unicode, with one kind of dash, blank and
// digit, and without invisible characters. "/" still separates folders.
func clean(key string) string {
	if isASCII(key) {
		return key
	}
	var apart strings.Builder
	for _, r := range strings.ToValidUTF8(key, " ") {
		if unicode.Is(unicode.No, r) { // write a gap for "²", because it must not join the digits beside it
			apart.WriteString(" " + string(r) + " ")
			continue
		}
		apart.WriteRune(r)
	}
	return strings.Map(plain, norm.NFKC.String(apart.String()))
}

// plain returns the character that replaces r. All characters that look alike have the same
// replacement. -1 means that r must be dropped.
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

// digitValue returns the value of a digit of any script. It relies on Unicode, which lists the
// ten digits of a script in order.
func digitValue(r rune) rune {
	zero := r
	for r-zero < 9 && unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return r - zero
}

// unescaped decodes escapes like "%20" that a browser wrote. It does not decode letters, digits
// and slashes, because they could complete or split a word that was not escaped.
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

// lookalikes is a list of pairs: an upper-case letter of another script, then the Latin letter
// that it resembles.
const lookalikes = "АAВBЕEКKМMНHОOРPСCТTУYХXІIЈJЅS" + "ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX"

// latin returns an upper-case text in which Latin letters replace characters that look like them.
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

// mixesScripts reports whether a word that contains lookalikes also contains Latin letters.
func mixesScripts(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
}
