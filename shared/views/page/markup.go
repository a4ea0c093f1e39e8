package page

import (
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
	"time"
)

// markup builds HTML. It does not use html/template, because a program that links html/template
// keeps every method of the AWS SDK's clients: the widget would be twice as large.
type markup struct{ strings.Builder }

// add formats the values as [fmt.Fprintf] does and writes the result. It escapes every value that
// is not a number. The argument format must be a constant. In the HTML, a value must stand in text
// or inside a quoted attribute, never in a script or a style sheet.
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

// optional calls the method add with one value. It writes nothing if the value is "".
func (m *markup) optional(format, value string) {
	if value != "" {
		m.add(format, value)
	}
}

// fixed is a number that is printed with two decimals.
type fixed float64

// String implements [fmt.Stringer].
func (f fixed) String() string { return strconv.FormatFloat(float64(f), 'f', 2, 64) }

// stamp returns a time in RFC 3339 format, for a datetime attribute.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// day formats a time with its date, such as "2 Jan 15:04 UTC".
func day(t time.Time) string { return t.UTC().Format("2 Jan 15:04 UTC") }

// writeTo calls the function write with an empty markup, and copies the resulting HTML to w.
func writeTo(w io.Writer, write func(*markup)) error {
	var m markup
	write(&m)
	_, err := io.WriteString(w, m.String())
	return err
}
