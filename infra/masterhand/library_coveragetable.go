package main

import (
	"fmt"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/views/coverage"
)

// tabled lists the aspects that have their own column in the table. All other aspects share one
// more column.
var tabled = []creative.Aspect{"9x16", "4x5", "1x1", "3x4", "16x9", "1.91x1"}

// maxTold is the largest number that a cell of the table shows: "ok 99" means 99 or more masters.
// CSV contains the exact numbers.
const maxTold = 99

// coverageTable returns a table with one row for each creative, locale and kind.
func coverageTable(c coverage.Chart) *screen.Table {
	names := []string{"CREATIVE", "LOCALE", "KIND"}
	for _, a := range tabled {
		names = append(names, string(a))
	}
	t := screen.NewTable(append(names, "other")...)
	for _, row := range c.Rows {
		for _, kind := range []creative.Kind{creative.Video, creative.Image, ""} {
			if cells := kindCells(row, kind); cells != nil {
				line := screen.Texts(printable(row.Creative.String()), string(dash(row.Locale)), string(dash(kind)))
				t.Add(append(line, cells...)...)
			}
		}
	}
	return t
}

// kindCells returns the cells of a table row for one kind, or nil if the chart's row has nothing of
// that kind.
func kindCells(row coverage.Row, kind creative.Kind) []screen.Cell {
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
	cells := make([]screen.Cell, len(columns))
	for i, list := range columns {
		cells[i] = coverageCell(list)
	}
	return cells
}

// coverageCell merges the chart's cells that belong to one column into one table cell. The table
// cell shows the worst of their states.
func coverageCell(cells []coverage.Cell) screen.Cell {
	if len(cells) == 0 {
		return screen.Cell{Text: "·", Paint: screen.Faint}
	}
	c := coverage.Worst(cells)
	switch {
	case c.InVain():
		return screen.Cell{Text: fmt.Sprintf("skip %d", min(c.Skipped, maxTold)), Paint: screen.Bad}
	case c.State == coverage.There && c.Masters > 1:
		return screen.Cell{Text: fmt.Sprintf("ok %d", min(c.Masters, maxTold)), Paint: screen.Good}
	}
	return marks[c.State]
}

// marks holds, for each state in the chart, the text and the colour of the table cell that shows
// this state.
var marks = map[coverage.State]screen.Cell{
	coverage.There:    {Text: "ok", Paint: screen.Good},
	coverage.Lent:     {Text: "≈", Paint: screen.Good},
	coverage.Unusable: {Text: "!", Paint: screen.Bad},
	coverage.Archived: {Text: "A", Paint: screen.Poor},
	coverage.Unclear:  {Text: "?", Paint: screen.Poor},
	coverage.Missing:  {Text: "none", Paint: screen.Poor},
}

// maxConflicts limits the list of files whose names state another aspect than their pixels.
const maxConflicts = 10

// tellCoverage prints the totals of the chart, and the files whose names state another aspect than
// their pixels.
func (s *session) tellCoverage(c coverage.Chart) {
	states, inVain := c.Totals()
	s.printf("\nlibrary %s: %d available, %d covered by another locale, %d not usable, %d archived, %d unclear, %d missing; %s\n",
		c.Library, states[coverage.There], states[coverage.Lent], states[coverage.Unusable], states[coverage.Archived],
		states[coverage.Unclear], states[coverage.Missing], s.Painted(vainPaint(inVain), fmt.Sprintf("%d requested and skipped", inVain)))
	for i, f := range c.Conflicts {
		if i == maxConflicts {
			s.printf("  and %d more such files\n", len(c.Conflicts)-i)
			break
		}
		s.printf("the name says %s, but the pixels say %s, which decides: %s\n", f.Named, f.Pixels, printable(f.Key))
	}
}

func vainPaint(n int) screen.Paint {
	if n > 0 {
		return screen.Bad
	}
	return screen.Plain
}
