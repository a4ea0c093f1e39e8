package page

import (
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
	"time"
)

// markup is HTML that is being written. The page is plain code because a program that links
// html/template keeps every method of the SDK's clients: the widget would have twice its size.
type markup struct{ strings.Builder }

// add writes a format, which must be a constant, with values as text. Every value but a number
// is escaped, so it must stand in text or between the quotes of an attribute, and never in a
// script or a style sheet.
func (m *markup) add(format string, values ...any) {
	for i, v := range values {
		switch v.(type) {
		case int, fixed:
		default:
			values[i] = html.EscapeString(fmt.Sprint(v))
		}
	}
	fmt.Fprintf(m, format, values...)
}

// optional writes a format with one value unless the value is empty.
func (m *markup) optional(format, value string) {
	if value != "" {
		m.add(format, value)
	}
}

// fixed is a number with two decimals.
type fixed float64

// String implements [fmt.Stringer].
func (f fixed) String() string { return strconv.FormatFloat(float64(f), 'f', 2, 64) }

// stamp returns a time for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// day returns a time with its day, for people.
func day(t time.Time) string { return t.UTC().Format("2 Jan 15:04 UTC") }

// writeTo writes what write adds to a markup.
func writeTo(w io.Writer, write func(*markup)) error {
	var m markup
	write(&m)
	_, err := io.WriteString(w, m.String())
	return err
}
