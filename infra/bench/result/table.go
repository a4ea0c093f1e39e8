package result

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// head returns the text above the tables of a part: how and where the part was measured.
func (m Measured) head() string {
	state := "quiet"
	if !m.Quiet() {
		state = "not quiet, so that a missed target is noise if a quarter of the runs met it"
	}
	return fmt.Sprintf("`%s`, %s, %s, %s. The times of io.Copy spread by %.0f %% of their median (%.0f %% are allowed): the machine was %s.",
		m.Command, m.Began.UTC().Format(time.DateOnly), m.Took.Round(time.Second), m.Machine, 100*m.Noise(), 100*quiet, state)
}

// cells returns the texts of a row for a table: the median, the spread, the target and the verdict.
func (m Measured) cells(r Row) (median, spread, target, verdict string) {
	if r.Failure != "" {
		return "failed", r.Failure, r.Target.String(), string(r.Verdict(m.Quiet()))
	}
	if r.Missing != "" {
		return "not measured", r.Missing, r.Target.String(), ""
	}
	low, high := r.Spread()
	median = number(r.Median()) + " " + r.Unit
	if len(r.Samples) > 1 {
		spread = fmt.Sprintf("%s–%s, %d runs", number(low), number(high), len(r.Samples))
	}
	return median, spread, r.Target.String(), string(r.Verdict(m.Quiet()))
}

// number returns a figure as text with three significant digits.
func number(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1 || v <= -1 || v == 0:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// Print writes the rows as a table for a terminal to out.
func (m Measured) Print(out io.Writer) {
	fmt.Fprintf(out, "\n%s\n", m.head())
	for _, rows := range m.groups() {
		fmt.Fprintf(out, "\n%s\n", rows[0].Part)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, r := range rows {
			median, spread, target, verdict := m.cells(r)
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\n", r.Name, median, spread, target, verdict)
		}
		_ = table.Flush() // the error is ignored: it means that the terminal is closed
	}
}

// Markdown writes a page with a table for each group of rows, and with the group's picture if there
// is one.
func (m Measured) Markdown(out io.Writer) {
	fmt.Fprintf(out, "# %s\n\n%s\n", m.Name, m.head())
	pictures := m.Pictures()
	for _, rows := range m.groups() {
		fmt.Fprintf(out, "\n## %s\n\n", rows[0].Part)
		if file := m.file(rows[0].Part); pictures[file] != nil {
			fmt.Fprintf(out, "![%s](%s)\n\n", rows[0].Part, file)
		}
		fmt.Fprint(out, "| figure | median | spread | target | verdict |\n|---|---|---|---|---|\n")
		for _, r := range rows {
			median, spread, target, verdict := m.cells(r)
			for _, cell := range []string{r.Name, median, spread, target, verdict} {
				fmt.Fprintf(out, "| %s ", escape(cell))
			}
			fmt.Fprintln(out, "|")
		}
	}
}

// escape returns the text with escapes for the characters that would break a cell of a Markdown
// table.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
