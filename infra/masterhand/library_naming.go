package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// naming is the placement that a key gets by its name alone, as --json prints it.
type naming struct {
	Key           string          `json:"key"`
	Code          string          `json:"code"`      // "" if the key is not placed
	Variation     int             `json:"variation"` // 0 if the key is not placed
	Locale        creative.Locale `json:"locale"`
	Aspect        creative.Aspect `json:"aspect"`
	Unplaced      string          `json:"unplaced"`      // why the key is not placed; "" if the key is placed
	Never         string          `json:"never"`         // why the file can never be a master; "" if the file can be a master
	LocaleUnclear string          `json:"localeUnclear"` // why the locale is unclear; "" if the locale is clear
	// Blocks is true if the key prevents a request for the wanted creative from being skipped. It is
	// nil if the command names no creative.
	Blocks *bool `json:"blocks,omitempty"`
	rule   string
	copy   bool
}

// The texts that say why a line of the input cannot be a key.
const (
	notUTF8 = "the name is not valid UTF-8, so S3 cannot have such a key"
	withNUL = "the line has a NUL character: expected one key on each line"
)

// nameOf returns the placement that a key gets by its name. size is the file's size in bytes, or
// placement.UnknownSize.
func nameOf(rules placement.Rules, key string, size int64) naming {
	switch {
	case !utf8.ValidString(key):
		return naming{Key: key, Unplaced: notUTF8}
	case strings.ContainsRune(key, 0):
		return naming{Key: key, Unplaced: withNUL}
	}
	return namingOf(key, rules.Place(key, size))
}

// namingOf returns a naming that describes the placement p of a key.
func namingOf(key string, p placement.Placement) naming {
	return naming{
		Key: key, Code: p.Creative.Code, Variation: p.Creative.Variation, Locale: p.Locale, Aspect: p.Aspect,
		Unplaced: p.Unplaced, Never: p.Never, LocaleUnclear: p.LocaleUnclear, rule: p.Rule, copy: p.Copy,
	}
}

// becomes returns the table cell with the key's placement.
func (n naming) becomes() screen.Cell {
	switch {
	case n.Never != "":
		return screen.Cell{Text: "not a master", Paint: screen.Faint}
	case n.Unplaced != "":
		return screen.Cell{Text: "unplaced", Paint: screen.Bad}
	}
	at := printable(fmt.Sprintf("%s %s %s", n.creative(), dash(n.Locale), dash(n.Aspect)))
	if n.LocaleUnclear != "" {
		return screen.Cell{Text: at, Paint: screen.Poor}
	}
	return screen.Cell{Text: at, Paint: screen.Good}
}

// why returns the reason why the key is not placed, or why its locale is unclear.
func (n naming) why() string {
	if n.LocaleUnclear != "" {
		return "locale unclear: " + n.LocaleUnclear
	}
	return n.Unplaced
}

func (n naming) creative() creative.Creative {
	return creative.Creative{Code: n.Code, Variation: n.Variation}
}
