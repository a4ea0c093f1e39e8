package coverage

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"masterhand/shared/kit/legible"
	"masterhand/shared/library/creative"
)

// maxDrawn is the largest number of creatives in a drawing: a larger drawing would be unreadable.
const maxDrawn = 60

// The sizes of the drawing's parts, in pixels.
const (
	cellWidth  = 58
	cellHeight = 22
	gap        = 3  // the gap between cells
	groupGap   = 14 // the gap between the columns of different kinds
	labelWidth = 250
	headHeight = 134
	margin     = 20
	glyph      = 7 // the average width of a label's letter
	leastWidth = 880
)

// look holds the colours of a state's cells and text, and the words for the state. Colour-blind
// readers must be able to tell the colours apart. A tooltip also describes each cell in words.
type look struct{ fill, ink, words string }

var looks = map[State]look{
	There:    {"#1b7f6b", "#ffffff", "available"},
	Lent:     {"#9fd5c5", "#10352d", "covered by another locale"},
	Unusable: {"#e8a33d", "#3a2600", "not usable"},
	Archived: {"#7089c4", "#ffffff", "archived"},
	Unclear:  {"#cdbfe3", "#2c1d4a", "unclear"},
	Missing:  {"#eceff1", "#5b6770", "missing"},
}

// vain is the look of a cell for which [Cell.InVain] is true.
var vain = look{"#c0343c", "#ffffff", "skipped n times"}

// picture writes an SVG drawing. After the first write error it writes nothing more.
type picture struct {
	out     io.Writer
	err     error
	columns []Column
	left    []int // the horizontal position of each column's left edge, in pixels
	width   int
}

// WriteSVG draws the chart: a row for each creative and locale, a column for each kind
// and aspect, and a legend. The SVG refers to no fonts or other files.
func WriteSVG(w io.Writer, c Chart) error {
	p := &picture{out: w, columns: drawnColumns(c.Columns)}
	x := margin + labelWidth
	for i, column := range p.columns {
		if i > 0 && column.Kind != p.columns[i-1].Kind {
			x += groupGap
		}
		p.left = append(p.left, x)
		x += cellWidth + gap
	}
	p.width = max(x-gap+margin, margin*2+leastWidth)
	shown := c.MostWanted(maxDrawn)
	rows := shown.Rows
	height := headHeight + len(rows)*(cellHeight+gap) + 2*margin
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12">`+"\n", p.width, height)
	p.printf(`<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", p.width, height)
	p.head(c)
	p.names()
	for i, row := range rows {
		p.row(row, headHeight+i*(cellHeight+gap), i == 0 || rows[i-1].Creative != row.Creative)
	}
	if left := c.Creatives() - shown.Creatives(); left > 0 {
		p.text(margin, height-margin/2, `font-style="italic" fill="#5b6770"`, fmt.Sprintf("not shown: %d creatives with less demand", left))
	}
	p.printf("</svg>\n")
	return p.err
}

// drawnColumns merges the columns whose aspects no placement family accepts: each kind gets one
// column with the aspect "other" for all of them.
func drawnColumns(all []Column) []Column {
	var drawn []Column
	for _, c := range all {
		if c = folded(c); len(drawn) == 0 || drawn[len(drawn)-1] != c {
			drawn = append(drawn, c)
		}
	}
	return drawn
}

// other is the aspect of the column that combines the aspects that no placement asks for.
const other creative.Aspect = "other"

func folded(c Column) Column {
	if !c.Known() {
		c.Aspect = other
	}
	return c
}

func (p *picture) printf(format string, a ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.out, format, a...)
	}
}

// text writes a text at the position x, y, in pixels; y is the position of its baseline. The
// argument style holds further SVG attributes.
func (p *picture) text(x, y int, style, text string) {
	p.printf(`<text x="%d" y="%d" %s>%s</text>`+"\n", x, y, style, escaped(text))
}

func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(legible.Text(text))) // the error is ignored: writing to a Builder cannot fail
	return out.String()
}

// head writes the title, the totals and the legend.
func (p *picture) head(c Chart) {
	states, inVain := c.Totals()
	p.text(margin, margin+14, `font-size="17" font-weight="600" fill="#1d2429"`, "Coverage of library "+c.Library)
	p.text(margin, margin+34, `fill="#5b6770"`, fmt.Sprintf("%d rows (creative × locale); %d available, %d missing, %d requested and skipped",
		len(c.Rows), states[There]+states[Lent], states[Missing], inVain))
	x := margin
	key := func(l look) {
		p.printf(`<rect x="%d" y="%d" width="14" height="14" rx="3" fill="%s"/>`+"\n", x, margin+46, l.fill)
		p.text(x+20, margin+57, `fill="#1d2429"`, l.words)
		x += 20 + len(l.words)*glyph + 18
	}
	for _, s := range States {
		key(looks[s])
	}
	key(vain)
}

// names writes the column heads: each kind once, and its aspects below it.
func (p *picture) names() {
	for i, c := range p.columns {
		if i == 0 || c.Kind != p.columns[i-1].Kind {
			p.text(p.left[i], headHeight-22, `font-weight="600" fill="#1d2429"`, string(orDash(c.Kind)))
		}
		p.text(p.left[i]+cellWidth/2, headHeight-6, `text-anchor="middle" fill="#5b6770"`, string(c.Aspect))
	}
}

func orDash[T ~string](s T) T {
	if s == "" {
		return "–"
	}
	return s
}

// row draws a row whose top edge is at y, in pixels. If the argument first is true, the row is the
// first of its creative, and also shows the creative's name.
func (p *picture) row(row Row, y int, first bool) {
	foot := y + cellHeight - 7
	if first {
		if y > headHeight {
			p.printf(`<line x1="%d" x2="%d" y1="%d" y2="%[3]d" stroke="#dde2e5"/>`+"\n", margin, p.width-margin, y-2)
		}
		p.text(margin, foot, `font-weight="600" fill="#1d2429"`, cut(row.Creative.String(), (labelWidth-70)/glyph))
	}
	p.text(margin+labelWidth-12, foot, `text-anchor="end" fill="#1d2429"`, cut(string(orDash(row.Locale)), 12))
	for i, column := range p.columns {
		p.cell(row.gather(column), p.left[i], y)
	}
}

// gather returns those cells of the row that one column of the drawing combines.
func (r Row) gather(drawn Column) (cells []Cell) {
	for _, cell := range r.Cells {
		if folded(cell.Column) == drawn {
			cells = append(cells, cell)
		}
	}
	return cells
}

// cell draws the most urgent of the cells as a rectangle whose top left corner is at x, y, in
// pixels. There are several cells if the drawing combines columns. If there are none, cell draws a
// dot.
func (p *picture) cell(cells []Cell, x, y int) {
	if len(cells) == 0 {
		p.printf(`<circle cx="%d" cy="%d" r="1.5" fill="#c3cbd0"/>`+"\n", x+cellWidth/2, y+cellHeight/2)
		return
	}
	worst := Worst(cells)
	l, text := looks[worst.State], ""
	switch {
	case worst.InVain():
		l, text = vain, fmt.Sprintf("×%d", worst.Skipped)
	case worst.Masters > 1:
		text = fmt.Sprint(worst.Masters)
	}
	stroke := ""
	if worst.State == Missing && !worst.InVain() {
		stroke = ` stroke="#b4bec4" stroke-dasharray="3 2"`
	}
	p.printf(`<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s"%s/>`, escaped(told(cells)), x, y, cellWidth, cellHeight, l.fill, stroke)
	if text != "" {
		p.printf(`<text x="%d" y="%d" text-anchor="middle" font-size="11" fill="%s">%s</text>`, x+cellWidth/2, y+cellHeight-7, l.ink, text)
	}
	p.printf("</g>\n")
}

// told returns the tooltip that describes the cells in words.
func told(cells []Cell) string {
	var lines []string
	for _, c := range cells {
		line := fmt.Sprintf("%s %s: %s", c.Kind, orDash(c.Aspect), looks[c.State].words)
		for _, detail := range []string{c.Reason, c.Key} {
			if detail != "" {
				line += ", " + detail
			}
		}
		if c.Asked > 0 {
			line += fmt.Sprintf(", requests: %d, skipped: %d", c.Asked, c.Skipped)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

// cut shortens a text to at most n letters.
func cut(text string, n int) string {
	letters := []rune(text)
	if len(letters) <= n {
		return text
	}
	return string(letters[:n-1]) + "…"
}
