// Package creative holds the words of the trade: creative, kind, aspect, placement
// family, locale and slot, with how each is parsed, normalised and compared.
//
// Invariants: two spellings that mean one thing normalise to one value, and a
// value that does not parse never compares equal to one that does.
//
//	slot := creative.Slot{Creative: creative.Creative{Code: "HRT-1212", Variation: 2},
//		Locale: "en", Kind: creative.Video, Aspect: "9x16"}
//	slot.Accepts() // [9x16]
package creative

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Kind is what a creative is made of.
type Kind string

// The two kinds.
const (
	Video Kind = "video"
	Image Kind = "image"
)

// ErrKind is a kind other than video and image.
var ErrKind = errors.New(`kind other than "video" and "image"`)

// ParseKind reads a kind, in any case.
func ParseKind(s string) (Kind, error) {
	switch k := Kind(strings.ToLower(s)); k {
	case Video, Image:
		return k, nil
	}
	return "", fmt.Errorf("%w: %.20q", ErrKind, s)
}

// Creative names a creative: "HRT-1212" variation 2. The code may itself contain
// "-digits".
type Creative struct {
	Code      string // as written by who named it; compare with Same
	Variation int
}

// MaxCode is the longest code accepted, in bytes.
const MaxCode = 64

// MaxVariation is the largest variation accepted. Longer numbers in file names are
// dates and resolutions.
const MaxVariation = 999_999

// The reasons why coordinates are refused.
var (
	ErrCode      = errors.New("creative code empty, over 64 bytes, or with a slash, outer space or control characters")
	ErrVariation = errors.New("variation outside 0 to 999999")
)

// Check reports what is wrong with c, or nil.
func (c Creative) Check() error {
	odd := func(r rune) bool { return r == '/' || r == '\\' || !unicode.IsPrint(r) }
	switch {
	case c.Code == "" || len(c.Code) > MaxCode || c.Code == "." || c.Code == ".." ||
		strings.TrimSpace(c.Code) != c.Code || strings.ContainsFunc(c.Code, odd):
		return fmt.Errorf("%w: %.20q", ErrCode, c.Code)
	case c.Variation < 0 || c.Variation > MaxVariation:
		return fmt.Errorf("%w: %d", ErrVariation, c.Variation)
	}
	return nil
}

// CanonicalCode returns a code in the one spelling that all its spellings share: upper case,
// composed (Unicode's NFC). Codes must be compared, and names made of them, in this spelling.
func CanonicalCode(code string) string {
	return norm.NFC.String(strings.ToUpper(norm.NFC.String(code)))
}

// Canonical returns c with its code in the one spelling that all spellings share.
func (c Creative) Canonical() Creative {
	return Creative{Code: CanonicalCode(c.Code), Variation: c.Variation}
}

// Same reports whether c and d name one creative: codes in any case and in any Unicode form,
// variations as numbers.
func (c Creative) Same(d Creative) bool { return c.Canonical() == d.Canonical() }

// String returns "HRT-1212-2".
func (c Creative) String() string { return fmt.Sprintf("%s-%d", c.Code, c.Variation) }
