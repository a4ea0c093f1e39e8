package main

import (
	"fmt"
	"slices"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// namesTable returns a table of the keys and their placements. If wanted is not nil, the table has
// a column that shows which keys block a skip of that creative.
func namesTable(all []naming, wanted *creative.Creative) *screen.Table {
	names := []string{"KEY", "BECOMES", "WHY"}
	if wanted != nil {
		names = slices.Insert(names, 2, "SKIP")
	}
	t := screen.NewTable(names...)
	for _, n := range all {
		row := []screen.Cell{{Text: printable(n.Key)}, n.becomes(), {Text: printable(n.why())}}
		if wanted != nil {
			row = slices.Insert(row, 2, skip(*n.Blocks))
		}
		t.Add(row...)
	}
	return t
}

// skip returns the table cell that says whether a key blocks a skip of the wanted creative. The
// parameter blocks is true if it does.
func skip(blocks bool) screen.Cell {
	if blocks {
		return screen.Cell{Text: "blocked", Paint: screen.Bad}
	}
	return screen.Cell{Text: "-"}
}

func (n naming) isOf(wanted creative.Creative) bool {
	return n.Unplaced == "" && n.creative().Same(wanted)
}

// tally holds the numbers of placed and unplaced keys.
type tally struct {
	keys, placed, unclear, unplaced, never int
	// there is the number of keys that are placed at the wanted creative. blocks is the number of
	// keys that block a skip of that creative.
	there, blocks int
}

func (t *tally) add(n naming, wanted *creative.Creative) {
	t.keys++
	switch {
	case n.Never != "":
		t.never++
	case n.Unplaced != "":
		t.unplaced++
	default:
		t.placed++
	}
	if n.LocaleUnclear != "" {
		t.unclear++
	}
	if wanted != nil && n.isOf(*wanted) {
		t.there++
	}
	if wanted != nil && *n.Blocks {
		t.blocks++
	}
}

// summary returns a line with the totals. If wanted is not nil, a second line has the totals for
// that creative.
func (t tally) summary(wanted *creative.Creative) string {
	text := fmt.Sprintf("%s: %d placed (%d with an unclear locale), %d unplaced, %d not masters",
		screen.Plural(t.keys, "key"), t.placed, t.unclear, t.unplaced, t.never)
	if wanted != nil {
		text += fmt.Sprintf("\n%s: %s placed there, %s would block a skip", printable(wanted.String()), screen.Plural(t.there, "key"), screen.Plural(t.blocks, "key"))
	}
	return text
}

// maxAdvice is the largest number of rows in one table of suggestions.
const maxAdvice = 10

// advise suggests settings with which the library's rules would place more of the keys: patterns of
// codes, such as HRT-####, and words that stand for a locale, such as UK.
func (s *session) advise(rules placement.Rules, all []naming) error {
	codes, markets := rules.Suggest(func(yield func(string) bool) {
		for _, n := range all {
			if !yield(n.Key) {
				return
			}
		}
	})
	err := s.suggest("Shapes of codes that the library could declare:", "SHAPE", codes)
	if err != nil {
		return err
	}
	return s.suggest("Words in place of a locale, whose locale the library could declare:", "WORD", markets)
}

func (s *session) suggest(title, column string, list []placement.Suggestion) error {
	if len(list) == 0 {
		return nil
	}
	t := screen.NewTable(column, "KEYS", "FOR EXAMPLE").Whole(column)
	for _, found := range list[:min(len(list), maxAdvice)] {
		t.Add(screen.Texts(printable(found.Text), grouped(found.Keys), printable(found.Example))...)
	}
	s.printf("\n%s\n", title)
	if err := s.Print(t); err != nil {
		return err
	}
	if more := len(list) - maxAdvice; more > 0 {
		s.printf("and %d more\n", more)
	}
	return nil
}

// unusedPatterns returns the library's patterns that neither place nor refuse any of the keys.
func unusedPatterns(rules placement.Rules, all []naming) (unused []string) {
	used := map[string]bool{}
	for _, n := range all {
		used[n.rule] = true
	}
	for _, p := range rules.Patterns {
		if !used[p.String()] {
			unused = append(unused, printable(p.String()))
		}
	}
	return unused
}
