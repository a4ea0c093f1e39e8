package screen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"

	"masterhand/shared/kit/legible"
)

// Cell is one cell of a table: a text and its paint.
type Cell struct {
	Text  string
	Paint Paint
}

// Texts returns one cell for each text, with the normal paint.
func Texts(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	return cells
}

// Table is a table with a header row of column names.
type Table struct {
	rows  [][]Cell
	whole []string
}

// NewTable returns a table with the names of its columns and no rows.
func NewTable(names ...string) *Table {
	head := Texts(names...)
	for i := range head {
		head[i].Paint = Strong
	}
	return &Table{rows: [][]Cell{head}}
}

// Whole marks the named columns, so that Print never clips their cells. It is for cells that
// somebody copies, such as times and ids. It returns the same table.
func (t *Table) Whole(names ...string) *Table {
	t.whole = append(t.whole, names...)
	return t
}

// Add appends a row of cells. In each text, it replaces invisible characters and characters that
// could control a terminal.
func (t *Table) Add(cells ...Cell) {
	for i := range cells {
		cells[i].Text = legible.Text(cells[i].Text)
	}
	t.rows = append(t.rows, cells)
}

const (
	gap     = 2 // number of spaces between two columns
	minClip = 8 // smallest width to which a column is clipped
)

// Print writes the table. On a terminal, it clips the cells of the widest columns until each row
// fits into one line.
func (s Screen) Print(t *Table) error {
	widths := t.widths()
	if s.Width > 0 {
		t.fit(widths, s.Width)
	}
	for _, row := range t.rows {
		var line strings.Builder
		for i, c := range row {
			text := Clip(c.Text, widths[i])
			line.WriteString(s.Painted(c.Paint, text))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-runewidth.StringWidth(text)+gap))
			}
		}
		if _, err := fmt.Fprintln(s.Out, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// widths returns the width of each column. The width of a column is the width of its widest cell.
func (t *Table) widths() (widths []int) {
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(c.Text))
		}
	}
	return widths
}

// fit lowers the largest widths step by step, until all columns and the gaps between them fit into
// one line of the terminal. line is the width of that line, in characters.
func (t *Table) fit(widths []int, line int) {
	excess := gap*(len(widths)-1) - line
	for _, w := range widths {
		excess += w
	}
	for ; excess > 0; excess-- {
		widest := -1
		for i, w := range widths {
			if !slices.Contains(t.whole, t.rows[0][i].Text) && w > minClip && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// Clip shortens a text to a width. It removes the end of a text with spaces. It removes the middle
// of any other text, for example of a key, because the ends of a key are the most useful parts.
func Clip(text string, width int) string {
	const mark = "…"
	if runewidth.StringWidth(text) <= width {
		return text
	}
	if strings.Contains(text, " ") {
		return runewidth.Truncate(text, width, mark)
	}
	head := runewidth.Truncate(text, (width-1)/2, "")
	tail := width - runewidth.StringWidth(head+mark)
	return head + runewidth.TruncatePrefix(text, tail+runewidth.StringWidth(mark), mark)
}
