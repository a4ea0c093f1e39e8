// Package creative defines the basic terms: creative, kind, aspect, placement family, locale and
// slot. It parses, normalises and compares them.
//
// These rules always hold: two spellings with one meaning normalise to one value, and a value
// that does not parse never equals one that does.
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

// Kind is the kind of media: video or image.
type Kind string

// The two kinds.
const (
	Video Kind = "video"
	Image Kind = "image"
)

// ErrKind means that the text is neither "video" nor "image".
var ErrKind = errors.New(`kind is neither "video" nor "image"`)

// ParseKind reads a kind, in any case. It returns ErrKind for other text.
func ParseKind(s string) (Kind, error) {
	switch k := Kind(strings.ToLower(s)); k {
	case Video, Image:
		return k, nil
	}
	return "", fmt.Errorf("%w: %.20q", ErrKind, s)
}

// Creative identifies a creative, for example "HRT-1212" variation 2. The code itself may contain
// "-digits".
type Creative struct {
	Code      string // as its author wrote it; use Same to compare codes in any case
	Variation int
}

// MaxCode is the largest length of a code, in bytes.
const MaxCode = 64

// MaxVariation is the largest variation accepted. Longer numbers in file names are dates and
// resolutions.
const MaxVariation = 999_999

// These are the reasons why Check refuses a creative.
var (
	ErrCode      = errors.New("creative code is empty, over 64 bytes, or has a slash, a control character, or a space at an end")
	ErrVariation = errors.New("variation outside 0 to 999999")
)

// Check returns what is wrong with c, or nil.
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

// CanonicalCode returns the one spelling that all spellings of a code share: upper case, composed
// (Unicode's NFC). Compare codes, and build names from them, only in this spelling.
func CanonicalCode(code string) string {
	return norm.NFC.String(strings.ToUpper(norm.NFC.String(code)))
}

// Canonical returns c with its code in the spelling that [CanonicalCode] returns.
func (c Creative) Canonical() Creative {
	return Creative{Code: CanonicalCode(c.Code), Variation: c.Variation}
}

// Same reports whether c and d are the same creative. It ignores the case and the Unicode form of
// codes.
func (c Creative) Same(d Creative) bool { return c.Canonical() == d.Canonical() }

// String returns code and variation: "HRT-1212-2".
func (c Creative) String() string { return fmt.Sprintf("%s-%d", c.Code, c.Variation) }
