package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/library/creative"
	"masterhand/shared/views/coverage"
)

// Map is the coverage of a library as a table: a row for each creative and locale, a column
// for each kind and aspect.
type Map struct {
	Library   string // the library's name; "" if the page shows only one library
	Creatives int
	Locales   int
	Kinds     []MapKind
	Columns   []MapColumn
	First     []MapRow
	Folded    []MapRow
	Hidden    int // the number of creatives that are not shown, because the map shows at most maxCreatives
	Whole     string
	Unread    int // the number of creatives that the summary does not contain yet
	Sets      bool
}

// MapKind is the heading above the columns of one kind.
type MapKind struct {
	Name string
	Span int
}

// MapColumn is the table column of one aspect of a kind. Share is the percentage of the column's
// wanted masters that are available, such as "75 %", or "–" if no master is wanted.
type MapColumn struct {
	Aspect, Share string
	Starts        bool // reports whether this is the first column of its kind
}

// MapRow is a locale of a creative. Creative is "" if the row above belongs to the same creative.
type MapRow struct {
	Creative, Locale string
	Cells            []MapCell
}

// MapCell is a cell of the coverage table: Class sets its colour, Mark is its text, Title its tooltip.
type MapCell struct{ Class, Mark, Title string }

// The largest number of creatives of a map that are shown at once, and the largest number in total.
const (
	firstCreatives = 14
	maxCreatives   = 300
)

// other is the aspect of the column that combines the aspects that no placement asks for.
const other creative.Aspect = "other"

// heatMap converts a chart to a table. The creatives with the most skipped requests come first. If
// the argument named is true, the table shows the library's name.
func heatMap(c coverage.Chart, lib Library, named bool) Map {
	m := Map{Unread: lib.Left, Sets: !lib.Wanted.IsZero()}
	if named {
		m.Library = lib.Name
	}
	columns := m.columns(c)
	groups := byDemand(c.Rows)
	m.Creatives = len(groups)
	locales := map[creative.Locale]bool{}
	for _, row := range c.Rows {
		if row.Locale != "" {
			locales[row.Locale] = true
		}
	}
	m.Locales = len(locales)
	for n, rows := range groups[:min(len(groups), maxCreatives)] {
		for i, row := range rows {
			out := MapRow{Locale: dash(string(row.Locale))}
			if i == 0 {
				out.Creative = text(row.Creative.String())
			}
			for _, column := range columns {
				out.Cells = append(out.Cells, mapCell(row, column))
			}
			if n < firstCreatives {
				m.First = append(m.First, out)
			} else {
				m.Folded = append(m.Folded, out)
			}
		}
	}
	m.Hidden = max(len(groups)-maxCreatives, 0)
	return m
}

// columns sets the table's columns, each with its percentage of existing masters. It returns the
// same columns in the form in which a chart names them.
func (m *Map) columns(c coverage.Chart) (columns []coverage.Column) {
	shares, whole := c.Shares()
	folded := map[coverage.Column]coverage.Share{}
	for _, column := range c.Columns {
		if column.Kind == "" {
			continue // leave out this column: it is for files that are not media
		}
		at := column
		if !column.Known() {
			at.Aspect = other
		}
		if len(columns) == 0 || columns[len(columns)-1] != at {
			columns = append(columns, at)
		}
		folded[at] = coverage.Share{Wanted: folded[at].Wanted + shares[column].Wanted, There: folded[at].There + shares[column].There}
	}
	for n, column := range columns {
		starts := n == 0 || columns[n-1].Kind != column.Kind
		if starts {
			m.Kinds = append(m.Kinds, MapKind{Name: string(column.Kind)})
		}
		m.Kinds[len(m.Kinds)-1].Span++
		share := "–"
		if s := folded[column]; s.Wanted > 0 {
			share = fmt.Sprintf("%d %%", s.Percent())
		}
		m.Columns = append(m.Columns, MapColumn{string(column.Aspect), share, starts})
	}
	if whole.Wanted > 0 {
		m.Whole = fmt.Sprintf("%s of %s wanted masters are available: %d %%", grouped(whole.There), grouped(whole.Wanted), whole.Percent())
	}
	return columns
}

// byDemand groups rows by creative. Creatives with the most skipped requests come first, then
// creatives with missing masters.
func byDemand(rows []coverage.Row) (groups [][]coverage.Row) {
	type weight struct{ vain, lacks int }
	weights := map[creative.Creative]*weight{}
	for _, row := range rows {
		w := weights[row.Creative]
		if w == nil {
			w = &weight{}
			weights[row.Creative] = w
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], row)
		for _, cell := range row.Cells {
			if cell.InVain() {
				w.vain += cell.Skipped
			}
			if cell.State != coverage.There && cell.State != coverage.Lent {
				w.lacks++
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b []coverage.Row) int {
		x, y := weights[a[0].Creative], weights[b[0].Creative]
		return cmp.Or(cmp.Compare(y.vain, x.vain), cmp.Compare(min(y.lacks, 1), min(x.lacks, 1)))
	})
	return groups
}

// looks maps each state to the CSS class of its cells, the text in them and the words of their tooltips.
var looks = map[coverage.State][3]string{
	coverage.There:    {"t", "✓", "available"},
	coverage.Lent:     {"l", "≈", "covered by another locale"},
	coverage.Unusable: {"u", "!", "not usable"},
	coverage.Archived: {"a", "A", "archived"},
	coverage.Unclear:  {"q", "?", "unclear"},
	coverage.Missing:  {"m", "", "missing"},
}

// mapCell returns the cell of a row in a column. If a column combines several cells, mapCell
// returns the most urgent one.
func mapCell(row coverage.Row, column coverage.Column) MapCell {
	var cells []coverage.Cell
	for _, cell := range row.Cells {
		if cell.Column == column || column.Aspect == other && cell.Kind == column.Kind && !cell.Known() {
			cells = append(cells, cell)
		}
	}
	if len(cells) == 0 {
		return MapCell{}
	}
	worst := coverage.Worst(cells)
	look := looks[worst.State]
	out := MapCell{Class: look[0], Mark: look[1]}
	switch {
	case worst.InVain() && worst.State == coverage.Missing:
		out.Class, out.Mark, look[2] = "v", fmt.Sprintf("×%d", worst.Skipped), "requested, missing"
	case worst.State == coverage.There && worst.Masters > 1:
		out.Mark = fmt.Sprint(worst.Masters)
	}
	if worst.State == coverage.There && !worst.InVain() {
		return out // no tooltip: an available master, as in most cells, needs no explanation
	}
	words := []string{look[2]}
	for _, more := range []string{strings.ReplaceAll(worst.Reason, "_", " "), shorten(worst.Key, 80)} {
		if more != "" && worst.State != coverage.Missing {
			words = append(words, text(more))
		}
	}
	if worst.Skipped > 0 {
		words = append(words, "skipped "+plural(worst.Skipped, "time"))
	}
	out.Title = strings.Join(words, ", ")
	return out
}
