// Package placement decides which creative a key belongs to, and whether the text of a key
// names a creative.
//
// Placing and proving are two questions. [Rules.Place] answers at index time which
// coordinates a key has; it may refuse freely, and then says why. [Names] answers at the
// moment when a skip is about to be sent, when code and variation are known exactly: does
// this text name them? A key that is wrapped around a creative in any usual way must be
// placed at that creative or must name it.
//
// One tokeniser reads the whole key, from the left, the longest token first. Each token has
// one class. One decision follows, in this order: code, variation, aspect, locale. The key
// is read as people see it: composed Unicode, one kind of dash and of blank, without
// invisible characters.
//
// Invariants: the package is pure; no key makes it panic; its time grows linearly with the
// key; a key that holds two codes is never placed; a word of a title is never a locale.
//
//	rules, err := placement.ParseRules(placement.Settings{Codes: []string{"HRT-####"}})
//	rules.Place("HRT-1212 - Summer Sale/V2/en/9x16.mp4", placement.UnknownSize)
//	// HRT-1212 variation 2, locale en, aspect 9x16
package placement
