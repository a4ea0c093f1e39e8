// Package nearest finds what somebody probably meant who misspelt a name.
//
// Invariant: it only ever offers names of the list, and a guess is offered only where
// few letters are wrong.
//
//	nearest.To("requets", names)    // "requests", true
//	nearest.Order("hoox", names)    // all names, the nearest first
package nearest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// To returns the name that was probably meant: at most a third of its letters are wrong.
// found is false where no name comes near.
func To(word string, names []string) (name string, found bool) {
	if len(names) == 0 {
		return "", false
	}
	name = Order(word, names)[0]
	return name, 3*levenshtein.ComputeDistance(word, name) <= len([]rune(name))
}

// Order returns the names, the nearest first: those that the word begins or is part of,
// then by the letters that are wrong. What is equally near keeps its order.
func Order(word string, names []string) []string {
	ordered := slices.Clone(names)
	slices.SortStableFunc(ordered, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(word, a), rank(word, b)), cmp.Compare(levenshtein.ComputeDistance(word, a), levenshtein.ComputeDistance(word, b)))
	})
	return ordered
}

func rank(word, name string) int {
	if word != "" && strings.Contains(name, word) {
		return 0
	}
	return 1
}
