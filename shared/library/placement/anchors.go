package placement

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An anchor is a short text under which unplaced keys are filed. The proof for a creative reads
// only the keys under the creative's anchors, because only they may name it. The kinds of anchors:
//   - a number with the letter before it: T1212 for HRT-1212
//   - a number with the letter after it: 1212H for 1212-HRT
//   - a long number alone: 1212 for HRT-1212
//   - a declared code without a number, after "=": =SUMMER for SUMMER

// MaxAnchors is the largest number of anchors for one key. A key with more anchors is filed under
// AnchorOfMany alone.
const MaxAnchors = 32

// AnchorOfMany is the anchor of keys with more than MaxAnchors anchors. Every proof of absence must
// read the keys under it.
const AnchorOfMany = "many"

// KeyAnchors returns the anchors under which an unplaced key is filed, sorted, without duplicates.
// A key that names a creative (see Names) has at least one anchor in common with the creative's
// code (see CodeAnchors), unless the code has no anchors.
func (r Rules) KeyAnchors(key string) []string {
	var anchors []string
	for _, spelled := range spellings(key) {
		t := newText(withoutExtensions(spelled))
		for i := range t.runs {
			if anchor := t.anchor(i); anchor != "" {
				anchors = append(anchors, anchor)
			}
			if anchor := t.anchorBehind(i); anchor != "" {
				anchors = append(anchors, anchor)
			}
			if t.isBare(i) {
				anchors = append(anchors, t.runs[i].word)
			}
		}
		for _, c := range r.Codes {
			if code := newText(clean(c.text)).runs; c.isWord() && len(t.find(code)) > 0 {
				anchors = append(anchors, wordAnchor(code))
			}
		}
	}
	for i := range anchors {
		anchors[i] = shortened(anchors[i])
	}
	slices.Sort(anchors)
	anchors = slices.Compact(anchors)
	if len(anchors) > MaxAnchors {
		return []string{AnchorOfMany}
	}
	return anchors
}

// CodeAnchors returns the anchors that a proof for the code must read. It returns none for a code
// that is not declared and has no number next to a letter. A request for such a code must be
// held.
func (r Rules) CodeAnchors(code string) []string {
	t := newText(clean(code))
	best := ""
	for i := range t.runs {
		if anchor := t.anchor(i); len(anchor) > len(best) {
			best = anchor
		}
	}
	if best == "" {
		for i := range t.runs {
			if anchor := t.anchorBehind(i); len(anchor) > len(best) {
				best = anchor
			}
		}
	}
	if best == "" && !hasDigits(t.runs) && len(r.Codes) > 0 && r.Declares(code) {
		best = wordAnchor(t.runs)
	}
	if best == "" {
		return nil
	}
	anchors := []string{shortened(best)}
	if bare := bareNumber(t.runs); bare != "" {
		anchors = append(anchors, shortened(bare))
	}
	return append(anchors, AnchorOfMany)
}

// maxAnchor is the largest length of an anchor in bytes. It is longer than a code may be. It is
// short enough for a folder's name, in which a byte may be escaped as three bytes (%C3).
const maxAnchor = 128

// shortened returns the anchor, cut to maxAnchor bytes.
func shortened(anchor string) string {
	return strings.ToValidUTF8(anchor[:min(len(anchor), maxAnchor)], "")
}

// anchor returns the number in run i of the text together with the letter before it, such as T1212
// for HRT-1212. A run is a sequence of letters or of digits. anchor returns "" if run i is not a
// number that follows a letter.
func (t *text) anchor(i int) string {
	if !t.isDigits(i) || !t.isLetters(i-1) {
		return ""
	}
	letters := t.runs[i-1].look
	_, size := utf8.DecodeLastRuneInString(letters)
	return letters[len(letters)-size:] + t.runs[i].word
}

// anchorBehind returns a number together with the letter that follows it, such as 1212H for
// 1212-HRT. The number is the text's run number i (a run is a sequence of letters or of digits).
// anchorBehind returns "" if that run is not a number of two or more digits, or if the next run
// does not consist of letters.
func (t *text) anchorBehind(i int) string {
	if !t.isDigits(i) || len(t.runs[i].word) < 2 || !t.isLetters(i+1) {
		return ""
	}
	letter, _ := utf8.DecodeRuneInString(t.runs[i+1].look)
	return t.runs[i].word + string(letter)
}

// isWord reports whether the shape c is a single code without a number, such as SUMMER.
func (c Code) isWord() bool {
	return c.letters && !slices.ContainsFunc(c.elements, func(e element) bool { return e.digit || kindOf(e.char) == digit })
}

func hasDigits(runs []run) bool {
	return slices.ContainsFunc(runs, func(r run) bool { return r.digits })
}

// wordAnchor returns the anchor of a code without a number: "=" and its letters.
func wordAnchor(runs []run) string {
	anchor := "="
	for _, r := range runs {
		anchor += r.look
	}
	return anchor
}
