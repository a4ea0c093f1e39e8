package placement

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An anchor is what an unplaced key is filed under, so that the proof for a creative reads only
// the keys that may name it. It is a number with the last letter before it, T1212 for HRT-1212:
// a word that the letters are joined to does not change it. A code that begins with its number has
// the first letter behind it, 1212H for 1212-HRT. A long number without letters is an anchor too,
// and so is each declared code without a number.

// MaxAnchors is the most anchors that a key is filed under. A key with more of them is filed
// under AnchorOfMany alone.
const MaxAnchors = 32

// AnchorOfMany is the anchor of keys with more than MaxAnchors anchors. Every proof must read it.
const AnchorOfMany = "many"

// KeyAnchors returns the anchors that an unplaced key is filed under, sorted, each once. Every
// creative that the key names by Names has one of them among its CodeAnchors, or has none.
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

// CodeAnchors returns the anchors that the proof for a code reads. It returns none for a code
// that has no number behind a letter and is not declared: such a request must be held.
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

// maxAnchor is the longest anchor, in bytes: more than a code has, and few enough for a folder's
// name, in which each byte may become three.
const maxAnchor = 128

// shortened returns what a longer anchor is filed under.
func shortened(anchor string) string {
	return strings.ToValidUTF8(anchor[:min(len(anchor), maxAnchor)], "")
}

// anchor returns a number with the last letter before it, "" where run i is no such number.
func (t *text) anchor(i int) string {
	if !t.isDigits(i) || !t.isLetters(i-1) {
		return ""
	}
	letters := t.runs[i-1].look
	_, size := utf8.DecodeLastRuneInString(letters)
	return letters[len(letters)-size:] + t.runs[i].word
}

// anchorBehind returns a number of two digits or more with the first letter behind it, "" where run
// i is no such number.
func (t *text) anchorBehind(i int) string {
	if !t.isDigits(i) || len(t.runs[i].word) < 2 || !t.isLetters(i+1) {
		return ""
	}
	letter, _ := utf8.DecodeRuneInString(t.runs[i+1].look)
	return t.runs[i].word + string(letter)
}

// isWord reports whether a shape is one code without a number.
func (c Code) isWord() bool {
	return c.letters && !slices.ContainsFunc(c.elements, func(e element) bool { return e.digit || kindOf(e.char) == digit })
}

func hasDigits(runs []run) bool {
	return slices.ContainsFunc(runs, func(r run) bool { return r.digits })
}

// wordAnchor is the anchor of a code without a number: its letters.
func wordAnchor(runs []run) string {
	anchor := "="
	for _, r := range runs {
		anchor += r.look
	}
	return anchor
}
