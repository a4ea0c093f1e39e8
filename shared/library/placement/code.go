package placement

import (
	"fmt"
	"slices"
	"strings"
)

// guessedCode is the matcher for text that looks like a code, if the library declares no codes:
// HRT-1212, CR042, and AB-77 if a variation follows it. The letters must not be a known word.
func (r *reader) guessedCode(i int) token {
	if len(r.rules.Codes) > 0 || !r.isLetters(i) || !r.isDigits(i+1) || r.joined(i) {
		return token{}
	}
	letters, digits, gap := r.runs[i], r.runs[i+1].word, r.gap(i+1)
	if gap != "-" && gap != "" || !mayBeginCode(letters, len(digits)) {
		return token{}
	}
	t := token{class: code, to: i + 2, guessed: true, name: letters.word + gap + digits}
	numbered := r.isNumbered(i + 2)
	switch {
	case len(digits) > 6 || len(digits) < 2 || len(digits) == 2 && !(gap == "-" && numbered && letters.written == upper && runeCount(letters.word) <= 4):
		return token{}
	case len(digits) == 2 && ratio(digits[:1], digits[1:]) != "":
		return token{}
	case gap == "" && (runeCount(letters.word) > 5 || letters.written != upper && len(digits) < 4):
		return token{}
	case gap == "-" && letters.written != upper && len(digits) < 4:
		return token{}
	case isYear(digits) && !(numbered && letters.written == upper && isGuessable(letters.word)):
		return token{}
	case isDefinition(digits) && !numbered, len(digits) == 6 && r.dayInOneRun(i+1).to > 0 && !numbered:
		return token{}
	case r.joined(i+2) && r.version(i+2).to == 0:
		t.unsure = fmt.Sprintf("%q is joined to the letters after it", t.name)
	case r.belongsToWordBefore(i), r.goesOn(i + 2):
		t.unsure = fmt.Sprintf("%q may be a part of a longer code: put _ around it", t.name)
	}
	return t
}

// mayBeginCode reports whether letters may be the letters of a code. They must be few, and they
// must not be a known word.
func mayBeginCode(letters run, digits int) bool {
	n := runeCount(letters.word)
	if n < 2 || n > 10 || letters.written != upper && (n > 4 || digits < 4) {
		return false
	}
	return words()[letters.word] == free && !isVersionWord(letters.word) && !isMonthName(letters.word) && !isFormat(letters.word) &&
		!isCodecNumber(letters.word, "", "264")
}

// isGuessable reports whether letters before a year may be the letters of a code, as in HRT-2025.
// It returns false for letters that mean a language, a market or a season, as in SS-2025.
func isGuessable(letters string) bool {
	switch letters {
	case "KW", "CW", "SS", "FW", "AW", "HW", "FS", "FY", "SP", "FA":
		return false
	}
	_, spoken := languageWord(letters)
	return !spoken
}

// isNumbered reports whether a variation follows a code: -2, _2, v2, /v2.
func (r *reader) isNumbered(i int) bool {
	switch {
	case r.isDigits(i):
		return r.gap(i) != "" && len(r.runs[i].word) <= 3 && !strings.Contains(r.gap(i), "/") && r.numbered(i).to <= i+1
	case r.isLetters(i):
		return r.version(i).to > 0
	}
	return false
}

// belongsToWordBefore reports whether the word in front of text that looks like a code may be a
// part of that code. In ACME-HRT-1212, ACME may be a part of the code. In client-HRT-1212, client
// is not.
func (r *reader) belongsToWordBefore(i int) bool {
	return r.isLetters(i-1) && r.gap(i) == "-" && (r.runs[i-1].written == r.runs[i].written || r.runs[i].written != upper)
}

// goesOn reports whether a short word after a guessed code may be the code's last part:
// HRT-1212-A.
func (r *reader) goesOn(i int) bool {
	if !r.isLetters(i) || r.gap(i) != "-" || r.runs[i].written != upper || runeCount(r.runs[i].word) > 3 {
		return false
	}
	word := r.runs[i].word
	_, spoken := languageWord(word)
	return !spoken && words()[word] == free && !isVersionWord(word) && !isFormat(word) && aspectOfWord(word) == ""
}

// codes returns the positions of the code tokens. If the library declares no codes, an upper-case
// word before a dash and a small number may also be a code: PROMO in PROMO-2_9x16. It is a code if
// the key has another code, an aspect or a locale.
func (r *reader) codes() (found []int) {
	evident := false
	for k, t := range r.tokens {
		switch {
		case t.class == code:
			found = append(found, k)
		case t.class == aspect && t.certain, t.class == spoken && t.speech.language != "":
			evident = true
		}
	}
	if len(r.rules.Codes) > 0 || !evident && len(found) == 0 {
		return found
	}
	for k := range r.tokens {
		if !r.isWordCode(k, len(found) > 0) {
			continue
		}
		t := &r.tokens[k]
		t.class, t.guessed, t.name = code, true, r.runs[t.from].word
		if r.isLetters(t.from-1) && r.before(k) == "-" {
			t.unsure = fmt.Sprintf("%q may be a part of a longer code: put _ before it", t.name)
		}
		found = append(found, k)
	}
	return r.withFolders(found)
}

// withFolders adds to the list found the positions of all other tokens that equal the code, for
// example a folder PROMO beside the file PROMO-2. It adds nothing if the code contains digits.
func (r *reader) withFolders(found []int) []int {
	if len(found) == 0 || hasDigits(r.runs[r.tokens[found[0]].from:r.tokens[found[0]].to]) {
		return found
	}
	first := r.tokens[found[0]]
	for k := range r.tokens {
		if t := &r.tokens[k]; t.class == free && t.to == t.from+1 && r.runs[t.from].word == first.name {
			t.class, t.guessed, t.name = code, true, first.name
			found = append(found, k)
		}
	}
	slices.Sort(found)
	return found
}

// isWordCode reports whether token k is an upper-case word before a dash and a small number, such
// as PROMO in PROMO-2. The word must have at least three letters. If the parameter second is true,
// the key already has another code, and two letters suffice: AB-3.
func (r *reader) isWordCode(k int, second bool) bool {
	t := r.tokens[k]
	if t.to != t.from+1 || k+1 >= len(r.tokens) || r.runs[t.from].written != upper || r.joined(t.from) {
		return false
	}
	letters := runeCount(r.runs[t.from].word)
	next := r.tokens[k+1]
	word := t.class == free && (letters >= 3 || second && letters == 2) || second && t.class == spoken && !t.speech.sure && !t.speech.tag && t.speech.market == ""
	return word && next.class == number && r.before(k+1) == "-" && len(r.runs[next.from].word) <= 3
}

// oneCode returns the tokens of the code, if the key names only one creative. Otherwise problem
// states the reason.
func (r *reader) oneCode() (at []int, problem string) {
	at = r.codes()
	if len(at) == 0 {
		return nil, r.noCode()
	}
	first := r.tokens[at[0]]
	for _, k := range at {
		t := r.tokens[k]
		switch {
		case t.name != first.name:
			return nil, fmt.Sprintf("two codes, %s and %s: a file belongs to one creative", first.name, t.name)
		case t.unsure != "":
			return nil, t.unsure
		}
	}
	at = r.mentions(at)
	if rival := r.rival(at); rival != "" {
		return nil, fmt.Sprintf("%s beside %s may be a second creative", rival, first.name)
	}
	return at, ""
}

func (r *reader) noCode() string {
	if len(r.rules.Codes) == 0 {
		return "no code found: name the file like HRT-1212-2_en_9x16.mp4, or declare the shape of your codes"
	}
	return "no declared code found"
}

// rival returns text beside the found code that looks like another code: "HRT 1213-3", "1213-3".
func (r *reader) rival(at []int) string {
	first := r.tokens[at[0]]
	own := r.codeDigits(first)
	for k, t := range r.tokens {
		if t.class != number {
			continue
		}
		d, before := r.runs[t.from].word, r.tokens[max(0, k-1)]
		switch {
		// This number belongs to no other code if the found code has no number or has the same
		// number, if it is short, or if it is the time after a date (20250815_1530).
		case own == "", d == own, len(d) < 3, before.class == date:
		case len(d) == len(own) && r.isBare(t.from):
			return d
		case len(r.rules.Codes) == 0 && before.mayBeLetters() && r.isNearCode(t.from-1):
			return r.s[r.runs[t.from-1].start:r.runs[t.from].end]
		}
	}
	return ""
}

// isNearCode reports whether letters and the number after them may be a code in another spelling:
// HRT 1212, hrt_1212, cr042.
func (r *reader) isNearCode(i int) bool {
	letters, digits, gap := r.runs[i], len(r.runs[i+1].word), r.gap(i+1)
	if r.joined(i) || len(gap) > 1 || strings.Trim(gap, "-_. /") != "" || runeCount(letters.word) > 5 || !mayBeginCode(letters, minBare) {
		return false
	}
	if gap == "" && letters.written != mixed || digits >= minBare {
		return true
	}
	return r.isDigits(i+2) || r.isLetters(i+2) && (r.version(i+2).to > 0 || r.runs[i+2].look == "X" && r.isDigits(i+3))
}

// mayBeLetters reports whether a token may be the letters of a code.
func (t token) mayBeLetters() bool {
	return t.to == t.from+1 && (t.class == free || t.class == spoken && !t.speech.tag)
}

// mentions finds pairs of tokens that spell the same code in another way, such as "HRT 1212" beside
// HRT-1212. It joins each pair into one token of class code. The parameter at lists the positions
// of the code's tokens. mentions returns the new list, which includes the joined tokens.
func (r *reader) mentions(at []int) []int {
	first := r.tokens[at[0]]
	own := r.runs[first.from:first.to]
	if len(own) != 2 || !first.guessed {
		return at
	}
	for k := 0; k+1 < len(r.tokens); k++ {
		a, b := &r.tokens[k], r.tokens[k+1]
		if a.mayBeLetters() && b.class == number && r.runs[a.from].word == own[0].word && r.runs[b.from].word == own[1].word {
			a.class, a.guessed, a.name, a.to = code, true, first.name, b.to
			r.tokens = slices.Delete(r.tokens, k+1, k+2)
		}
	}
	at = at[:0]
	for k, t := range r.tokens {
		if t.class == code {
			at = append(at, k)
		}
	}
	return at
}

// codeDigits returns the last number in a code's token, or "" if it contains none.
func (r *reader) codeDigits(t token) string {
	for i := t.to - 1; i >= t.from; i-- {
		if r.runs[i].digits {
			return r.runs[i].word
		}
	}
	return ""
}

func runeCount(s string) int { return strings.Count(s, "") - 1 }
