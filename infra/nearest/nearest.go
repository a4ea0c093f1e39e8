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
)

// To returns the name that was probably meant: at most a third of its letters are wrong.
// found is false where no name comes near.
func To(word string, names []string) (name string, found bool) {
	if len(names) == 0 {
		return "", false
	}
	name = Order(word, names)[0]
	return name, 3*distance(word, name) <= len([]rune(name))
}

// Order returns the names, the nearest first: those that the word begins or is part of,
// then by the letters that are wrong. What is equally near keeps its order.
func Order(word string, names []string) []string {
	ordered := slices.Clone(names)
	slices.SortStableFunc(ordered, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(word, a), rank(word, b)), cmp.Compare(distance(word, a), distance(word, b)))
	})
	return ordered
}

func rank(word, name string) int {
	if word != "" && strings.Contains(name, word) {
		return 0
	}
	return 1
}

// longest bounds what is compared, in letters: no name of ours comes near it.
const longest = 100

// distance counts the letters to put in, leave out or change, and the neighbours to
// exchange, that make b of a.
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	if len(from) > longest {
		return len(from)
	}
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			changed := rows[i-1][j-1]
			if from[i-1] != to[j-1] {
				changed++
			}
			rows[i][j] = min(changed, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}
