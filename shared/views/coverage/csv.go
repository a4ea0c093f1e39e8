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

// WriteCSV writes the chart as CSV: a header line, then a line for each cell.
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

// inert changes a text so that a spreadsheet neither runs it as a formula nor displays it as a different
// text. This is necessary because strangers may choose the names of files. Some spreadsheets read
// full-width signs, such as "＝", like plain ones and ignore leading spaces, so inert also changes
// texts that begin with these.
func inert(text string) string {
	text = legible.Escaped(text)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace))
	if strings.ContainsRune("=+-@＝＋－＠", first) {
		return "'" + text
	}
	return text
}
