// Package placement decides which creative a key belongs to, and whether a key's text names a
// given creative.
//
// These are two questions. [Rules.Place] runs at index time and returns a key's coordinates. It
// may refuse any doubtful key, and then says why. [Names] runs when a skip is about to be sent,
// so the code and the variation are known: does the text name them? However people usually write
// a creative into a key, the key must either be placed at that creative or name it.
//
// One tokeniser reads the whole key from left to right and takes the longest token first. Each
// token has one class. The decision then follows in this order: code, variation, aspect, locale.
// The tokeniser reads a key as people see it: in composed Unicode, with one kind of dash and one
// kind of blank, without invisible characters.
//
// These rules always hold: the package is pure; no key makes it panic; its time grows linearly
// with the key's length; a key with two codes is never placed; a word in a title is never a
// locale.
//
//	rules, err := placement.ParseRules(placement.Settings{Codes: []string{"HRT-####"}})
//	rules.Place("HRT-1212 - Summer Sale/V2/en/9x16.mp4", placement.UnknownSize)
//	// HRT-1212 variation 2, locale en, aspect 9x16
package placement
