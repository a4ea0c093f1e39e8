package coverage

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"masterhand/shared/kit/legible"
)

// WriteCSV writes a line for each cell, under a line of names.
func WriteCSV(w io.Writer, c Chart) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"creative", "variation", "locale", "kind", "aspect", "state", "reason", "key", "masters", "asked", "skipped", "last_asked"}}
	for _, row := range c.Rows {
		for _, cell := range row.Cells {
			last := ""
			if !cell.LastAsked.IsZero() {
				last = cell.LastAsked.UTC().Format(time.RFC3339)
			}
			lines = append(lines, []string{
				inert(row.Creative.Code), strconv.Itoa(row.Creative.Variation), string(row.Locale), string(cell.Kind), string(cell.Aspect),
				string(cell.State), inert(cell.Reason), inert(cell.Key), strconv.Itoa(cell.Masters), strconv.Itoa(cell.Asked), strconv.Itoa(cell.Skipped), last,
			})
		}
	}
	return out.WriteAll(lines)
}

// inert keeps a spreadsheet from taking a text for a formula, and from showing another text
// than it is: whoever may name a file must not be able to write one. A spreadsheet may take
// full-width signs for plain ones, and pass over spaces before them.
func inert(text string) string {
	text = legible.Escaped(text)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + text
	}
	return text
}
