package placement

import (
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/library/creative"
)

// Names reports whether a key's text names a creative. If it does, the file may be a master of the
// creative, so a request for the creative must not be skipped unless something disproves that.
//
// A text names a code if it contains the letters and the digits of the code in order. Separators
// do not matter, and another word may be joined to the code. A text names a variation if the
// variation's number directly follows the code, or if nothing else explains the number. A text
// without any number names variation 1.
func Names(key string, c creative.Creative) bool {
	for _, spelled := range spellings(key) {
		if namesIn(spelled, c) {
			return true
		}
	}
	return false
}

// Blocks reports whether a key prevents a skip of a creative. A key does so only if all of this is
// true: the key is in the library, its text names the creative, the file may be a master, and the
// key is not placed at that creative. A key that is placed at a certainly different creative (see
// Elsewhere) prevents no skip.
func (r Rules) Blocks(key string, size int64, c creative.Creative) bool {
	if !strings.HasPrefix(key, r.Prefix) || !Names(key, c) {
		return false
	}
	p := r.Place(key, size)
	return p.Never == "" && (p.Unplaced != "" || !p.Creative.Same(c) && !Elsewhere(p.Creative, c))
}

// Elsewhere reports whether the creative at which a key is placed is certainly not the wanted one.
// If the codes are the same, the variations decide. If one code contains the other, the creatives
// may be the same: HRT1212 and HRT-1212-A may mean HRT-1212. Exception: the placed code is the
// wanted code followed by digits. Then the digits must be the wanted variation: AD-X2 may mean AD-X
// only for variation 2.
func Elsewhere(placed, wanted creative.Creative) bool {
	have, want := creative.CanonicalCode(placed.Code), creative.CanonicalCode(wanted.Code)
	if have == want {
		return placed.Variation != wanted.Variation
	}
	if rest, longer := strings.CutPrefix(have, want); longer && strings.Trim(rest, "0123456789") == "" {
		return rest != strconv.Itoa(wanted.Variation)
	}
	a, b := newText(clean(have)).runs, newText(clean(want)).runs
	return !contains(a, b) && !contains(b, a)
}

// contains reports whether the code in the parameter short occurs in the code in the parameter
// long. Each code is a list of its letters and numbers: HRT and 1212 for HRT-1212.
func contains(long, short []run) bool {
	for i := range len(long) - len(short) + 1 {
		if slices.EqualFunc(long[i:i+len(short)], short, func(a, b run) bool { return a.look == b.look }) {
			return true
		}
	}
	return false
}

// spellings returns the key as it is and, if it has escapes such as %20, also the decoded key.
func spellings(key string) []string {
	whole, plain := clean(key), clean(unescaped(key))
	if whole == plain {
		return []string{whole}
	}
	return []string{whole, plain}
}

func namesIn(spelled string, c creative.Creative) bool {
	r, found := foundIn(spelled, c.Code)
	return r != nil && r.namesVariation(found, c.Variation)
}

// foundIn returns the tokens of a text and the places where the text names the code. r is nil if
// the text does not name the code.
func foundIn(spelled, code string) (r *reader, found []span) {
	wanted := newText(clean(code))
	t := newText(withoutExtensions(spelled))
	found = t.find(wanted.runs)
	// whether the code has neither letters nor digits, and the text contains it
	signs := len(wanted.runs) == 0 && strings.Contains(t.s, clean(code))
	if len(found) == 0 && !signs {
		return nil, nil
	}
	return read(t, &Rules{}), found
}

func withoutExtensions(path string) string { return newFile(path, UnknownSize).stem }

// span is a sequence of runs of letters or digits in a key. from is the position of the first run,
// to is the position after the last run.
type span struct{ from, to int }

// find returns the places where the text contains the code. A word may be joined to the code, as in
// SummerHRT1212. If the code is letters and a number of at least four digits, the number alone also
// counts: 1212 for HRT-1212.
func (t *text) find(code []run) (found []span) {
	if len(code) == 0 {
		return nil
	}
	bare := bareNumber(code)
	for i := range t.runs {
		if to := i + len(code); to <= len(t.runs) && t.holds(i, code) {
			found = append(found, span{i, to})
		} else if bare != "" && t.runs[i].word == bare && t.isBare(i) {
			found = append(found, span{i, i + 1})
		}
	}
	return found
}

// holds reports whether the text contains the code's runs (sequences of letters or of digits) from
// run number i on. More letters may be joined to the code's start and end.
func (t *text) holds(i int, code []run) bool {
	for j, want := range code {
		have, first, last := t.runs[i+j], j == 0, j == len(code)-1
		switch {
		case have.digits != want.digits:
			return false
		case have.look == want.look:
		case have.digits:
			return false
		case first && last && strings.Contains(have.look, want.look):
		case first && strings.HasSuffix(have.look, want.look):
		case last && strings.HasPrefix(have.look, want.look):
		default:
			return false
		}
	}
	return true
}

// minBare is the number of digits from which a number can be a code without its letters.
const minBare = 4

// bareNumber returns the number of a code that consists of letters and a long number, or "" for
// other codes.
func bareNumber(code []run) string {
	if len(code) == 2 && !code[0].digits && code[1].digits && len(code[1].word) >= minBare {
		return code[1].word
	}
	return ""
}

// isBare reports whether the text's run number i is a long number without letters directly before
// it, such as 1212 in "1212-2_en". In "HRT-1212" and in "HRT1212" the letters HRT are directly
// before the number.
func (t *text) isBare(i int) bool {
	if !t.isDigits(i) || len(t.runs[i].word) < minBare {
		return false
	}
	return i == 0 || t.runs[i-1].digits || t.gap(i) != "" && t.gap(i) != "-"
}

// namesVariation reports whether the key may name the wanted variation. A number counts if it
// directly follows a found code, or if it has no other meaning. A number with a probable other
// meaning, as in "take 3", counts only if no number directly follows a code. If no number directly
// follows a code and all numbers have another meaning, the key also names variation 1.
func (r *reader) namesVariation(found []span, want int) bool {
	certain, claimed := r.claims()
	inCode := make([]bool, len(r.runs))
	for _, at := range found {
		for i := at.from; i < at.to; i++ {
			inCode[i] = true
		}
	}
	direct, numbers := false, false
	for _, at := range found {
		numbersBehind := r.behind(at.to, certain)
		if slices.Contains(numbersBehind, want) {
			return true
		}
		direct = direct || len(numbersBehind) > 0 && !claimed[r.firstDigits(at.to)]
	}
	for i := range r.runs {
		if inCode[i] || !r.runs[i].digits || certain[i] {
			continue
		}
		if n := r.number(i); n >= 0 && (!claimed[i] || !direct) {
			if n == want {
				return true
			}
			numbers = numbers || !claimed[i]
		}
	}
	return !direct && !numbers && want == 1
}

// claims returns two lists with one value for each sequence of letters or of digits in the key. In
// the list certain, true means that the sequence is certainly no variation. In the list claimed,
// true means that it probably has another meaning than a variation.
func (r *reader) claims() (certain, claimed []bool) {
	certain, claimed = make([]bool, len(r.runs)), make([]bool, len(r.runs))
	for _, t := range r.tokens {
		for i := t.from; i < t.to; i++ {
			certain[i] = t.certain
			claimed[i] = t.class != number && t.class != version && t.class != code
		}
	}
	return certain, claimed
}

// firstDigits returns the position of the first number at or after position i of the key. Positions
// count the sequences of letters and of digits.
func (r *reader) firstDigits(i int) int {
	for !r.runs[i].digits {
		i++
	}
	return i
}

// behind returns the numbers that follow a code, directly or after a word like "version". i is the
// position after the code. For 29x16 it returns 29 and 2, because 29x16 may be a 2 before 9x16.
func (r *reader) behind(i int, certain []bool) (numbers []int) {
	for words := 0; r.isLetters(i) && words < 2; words++ {
		switch r.runs[i].look {
		case "X", "N", "NO", "NR", "NUM", "NUMBER", "NUMMER", "O":
		default:
			if !isVersionWord(r.runs[i].word) {
				return nil
			}
		}
		i++
	}
	if !r.isDigits(i) {
		return nil
	}
	if n := r.number(i); n >= 0 && (!certain[i] || r.gap(i) == "" || r.gap(i) == "-") {
		numbers = append(numbers, n)
	}
	d := r.runs[i].word
	for cut := 1; cut < len(d) && cut <= 6; cut++ {
		if d[cut] == '0' {
			continue
		}
		if t := r.sides(d[cut:], i); t.hint != "" && !t.fuzzy {
			numbers = append(numbers, value(d[:cut]))
		}
		if r.isDigits(i + 1) {
			if t := r.sides(d[cut:]+"."+r.runs[i+1].word, i+1); t.hint != "" && !t.fuzzy {
				numbers = append(numbers, value(d[:cut]))
			}
		}
	}
	return numbers
}
