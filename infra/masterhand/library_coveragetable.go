package main

import (
	"fmt"

	"masterhand/shared/library/creative"
	"masterhand/shared/views/coverage"
)

// tabled are the table's columns; the rest goes into one more.
var tabled = []creative.Aspect{"9x16", "4x5", "1x1", "3x4", "16x9", "1.91x1"}

// The widths that keep the table within 100 letters: names, locales, kinds and seven
// columns of at most seven.
const (
	creativeWidth = 20
	localeWidth   = 8
	maxTold       = 99 // larger numbers stand in CSV alone
)

// coverageTable has a line for each creative, locale and kind.
func coverageTable(c coverage.Chart) *table {
	names := []string{"CREATIVE", "LOCALE", "KIND"}
	for _, a := range tabled {
		names = append(names, string(a))
	}
	t := newTable(append(names, "other")...)
	for _, row := range c.Rows {
		for _, kind := range []creative.Kind{creative.Video, creative.Image, ""} {
			if cells := kindCells(row, kind); cells != nil {
				line := texted(shortened(printable(row.Creative.String()), creativeWidth), shortened(string(dash(row.Locale)), localeWidth), string(dash(kind)))
				t.add(append(line, cells...)...)
			}
		}
	}
	return t
}

// kindCells are a row's cells of one kind, nil where it has none.
func kindCells(row coverage.Row, kind creative.Kind) []cell {
	columns := make([][]coverage.Cell, len(tabled)+1)
	found := false
	for _, c := range row.Cells {
		if c.Kind != kind {
			continue
		}
		at := len(tabled)
		for i, a := range tabled {
			if a == c.Aspect {
				at = i
			}
		}
		columns[at] = append(columns[at], c)
		found = true
	}
	if !found {
		return nil
	}
	cells := make([]cell, len(columns))
	for i, list := range columns {
		cells[i] = coverageCell(list)
	}
	return cells
}

// coverageCell says in a word how cells stand that share a place.
func coverageCell(cells []coverage.Cell) cell {
	if len(cells) == 0 {
		return cell{"·", faint}
	}
	c := coverage.Worst(cells)
	switch {
	case c.InVain():
		return cell{fmt.Sprintf("skip %d", min(c.Skipped, maxTold)), bad}
	case c.State == coverage.There && c.Masters > 1:
		return cell{fmt.Sprintf("ok %d", min(c.Masters, maxTold)), good}
	}
	return stateWords[c.State]
}

var stateWords = map[coverage.State]cell{
	coverage.There:    {"ok", good},
	coverage.Lent:     {"lent", good},
	coverage.Unusable: {"bad", bad},
	coverage.Archived: {"frozen", poor},
	coverage.Unclear:  {"?", poor},
	coverage.Missing:  {"none", poor},
}

// maxConflicts is how many files are named whose names and pixels disagree.
const maxConflicts = 10

// tellCoverage sums up what the table shows.
func (s *session) tellCoverage(c coverage.Chart) {
	states, inVain := c.Totals()
	s.printf("\nlibrary %s: %d there, %d lent by another locale, %d not usable, %d archived, %d of unknown shape, %d missing; %s\n",
		c.Library, states[coverage.There], states[coverage.Lent], states[coverage.Unusable], states[coverage.Archived],
		states[coverage.Unclear], states[coverage.Missing], s.painted(vainPaint(inVain), fmt.Sprintf("%d asked for and skipped", inVain)))
	for i, f := range c.Conflicts {
		if i == maxConflicts {
			s.printf("  and %d of the like\n", len(c.Conflicts)-i)
			break
		}
		s.printf("the name says %s, the pixels %s, which count: %s\n", f.Named, f.Pixels, printable(f.Key))
	}
}

func vainPaint(n int) paint {
	if n > 0 {
		return bad
	}
	return plain
}
