// Package placement decides which creative a key belongs to, and whether a key's text names a
// given creative.
//
// These are two questions. [Rules.Place] answers the first when a key is indexed: it returns the
// key's coordinates, or the reason why the key is not placed. [Names] answers the second before a
// request is skipped: it is given the code and the variation, and reports whether a key's text
// names them. If people write a creative into a key in a usual way, the key must be placed at that
// creative or name it.
//
// A tokeniser splits a key into tokens from left to right, the longest possible token first. Each
// token has one class, such as code or date. From the tokens, Place decides first the code, then
// the variation, the aspect and the locale. The tokeniser reads a key as people see it: in
// composed Unicode, with one kind of dash and one kind of blank, without invisible characters.
//
// These rules always hold:
//
//   - The package is pure. No key makes it panic. Its time grows linearly with the key's length.
//   - A key with two codes is never placed. A word in a title is never a locale.
//
// An example:
//
//	rules, err := placement.ParseRules(placement.Settings{Codes: []string{"HRT-####"}})
//	rules.Place("HRT-1212 - Summer Sale/V2/en/9x16.mp4", placement.UnknownSize)
//	// HRT-1212 variation 2, locale en, aspect 9x16
package placement
