// Package coverage computes which masters a library has for each creative and locale, which
// masters it lacks, and which missing masters were requested.
//
// Invariants:
//
//   - A cell shows how a request for the cell's master would end now. [masters.Choose] decides both
//     the cell and the request, so the coverage and the answer to a request never disagree.
//   - A cell without a master is shown as missing only if the master is expected: another locale
//     of the creative has such a master, a request asked for it, or the settings want it.
//   - The memory in use grows with the number of cells, not with the number of files.
package coverage

import (
	"cmp"
	"slices"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// State says how a request for a cell's master would end now.
type State string

// The states of a cell.
const (
	There    State = "there"
	Lent     State = "lent"     // a master of a wider locale or of a fallback locale would be delivered
	Unusable State = "unusable" // the matching master cannot be delivered
	Archived State = "archived" // the matching master must be restored from archive storage first
	Unclear  State = "unclear"  // a file may match, but its aspect or its locale is not known
	Missing  State = "missing"
)

// States lists all states in the order in which legends and totals show them.
var States = []State{There, Lent, Unusable, Archived, Unclear, Missing}

// Column is a column of a chart: the files of one kind and one aspect. The aspect "" stands for files
// whose aspect is not known, the kind "" for files that are not media.
type Column struct {
	Kind   creative.Kind   `json:"kind"`
	Aspect creative.Aspect `json:"aspect"`
}

// Cell is the part of a chart in one row and one column: one locale of a creative, one kind and one
// aspect.
type Cell struct {
	Column
	State     State     `json:"state"`
	Reason    string    `json:"reason,omitempty"` // why the cell cannot be delivered; "" in the states There and Lent
	Key       string    `json:"key,omitempty"`    // the key of the master that would be delivered
	Masters   int       `json:"masters"`          // the number of files whose own locale is the row's locale
	Asked     int       `json:"asked"`            // the number of requests for this master, including the skipped ones
	Skipped   int       `json:"skipped"`
	LastAsked time.Time `json:"lastAsked,omitzero"`
	// Wanted reports whether the library should have this master. The library's settings name the
	// wanted masters. If they name none, each expected master counts as wanted.
	Wanted bool `json:"wanted,omitempty"`
}

// InVain reports whether requests for the cell's master were skipped, and a new request would get
// no master either.
func (c Cell) InVain() bool { return c.Skipped > 0 && c.State != There && c.State != Lent }

// Row is the row of a creative in one locale. The locale "" stands for masters without a locale.
type Row struct {
	Creative creative.Creative
	Locale   creative.Locale
	Cells    []Cell // in the order of Chart.Columns
}

// Conflict is a file whose name states one aspect while its pixels have another.
type Conflict struct {
	Key    string          `json:"key"`
	Named  creative.Aspect `json:"named"`
	Pixels creative.Aspect `json:"pixels"`
}

// Chart is the coverage of a library.
type Chart struct {
	Library   string
	Columns   []Column // the columns that occur in any row, in display order
	Rows      []Row    // sorted by creative, then by locale
	Conflicts []Conflict
	Gaps      []Gap // requested masters that could not be delivered now, those with the most requests first
}

// Survey collects documents and requests for a [Chart].
type Survey struct {
	library masters.Library
	asks    map[creative.Creative][]Ask
	chart   Chart
}

// New begins a survey of a library; asks are the requests for its masters.
func New(lib masters.Library, asks []Ask) *Survey {
	s := &Survey{library: lib, asks: map[creative.Creative][]Ask{}, chart: Chart{Library: lib.Name}}
	for _, a := range asks {
		c := a.Slot.Creative.Canonical()
		s.asks[c] = append(s.asks[c], a)
	}
	return s
}

// Add adds a creative's document to the survey. The caller must not add a document twice.
func (s *Survey) Add(d masters.Document) {
	c := creative.Creative{Code: d.Code, Variation: d.Variation}
	s.add(d, c, s.asks[c])
	delete(s.asks, c)
}

// Chart ends the survey and returns the chart. It includes requested creatives that have no
// document.
func (s *Survey) Chart() Chart {
	for c, asks := range s.asks {
		s.add(masters.NewDocument(c), c, asks)
	}
	s.asks = nil
	slices.SortFunc(s.chart.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Creative.Code, b.Creative.Code), cmp.Compare(a.Creative.Variation, b.Creative.Variation),
			cmp.Compare(a.Locale, b.Locale))
	})
	slices.SortFunc(s.chart.Gaps, byDemand)
	slices.SortFunc(s.chart.Conflicts, func(a, b Conflict) int { return cmp.Compare(a.Key, b.Key) })
	seen := map[Column]bool{}
	for _, row := range s.chart.Rows {
		for _, cell := range row.Cells {
			seen[cell.Column] = true
		}
	}
	s.chart.Columns = ordered(seen)
	return s.chart
}

// Share holds the number of wanted masters, and the number of wanted masters that exist (There).
type Share struct{ Wanted, There int }

// Percent returns the share in percent, rounded down: 100 means that no wanted master is missing.
func (s Share) Percent() int {
	if s.Wanted == 0 {
		return 100
	}
	return s.There * 100 / s.Wanted
}

// Shares returns the share of each column and of the whole chart. If the master of another locale would
// be delivered for a cell, the cell's master counts as existing.
func (c Chart) Shares() (columns map[Column]Share, whole Share) {
	columns = map[Column]Share{}
	for _, row := range c.Rows {
		for _, cell := range row.Cells {
			if !cell.Wanted {
				continue
			}
			share := columns[cell.Column]
			share.Wanted++
			whole.Wanted++
			if cell.State == There || cell.State == Lent {
				share.There++
				whole.There++
			}
			columns[cell.Column] = share
		}
	}
	return columns, whole
}

// Totals counts the cells by state, and the cells for which [Cell.InVain] is true.
func (c Chart) Totals() (states map[State]int, inVain int) {
	states = map[State]int{}
	for _, row := range c.Rows {
		for _, cell := range row.Cells {
			states[cell.State]++
			if cell.InVain() {
				inVain++
			}
		}
	}
	return states, inVain
}

// Lacking returns the chart without the rows in which nothing is missing.
func (c Chart) Lacking() Chart {
	c.Rows = slices.DeleteFunc(slices.Clone(c.Rows), func(r Row) bool {
		return !slices.ContainsFunc(r.Cells, func(cell Cell) bool { return cell.State != There && cell.State != Lent })
	})
	return c
}

// Creatives returns the number of creatives in the chart.
func (c Chart) Creatives() (n int) {
	for i, row := range c.Rows {
		if i == 0 || c.Rows[i-1].Creative != row.Creative {
			n++
		}
	}
	return n
}

// MostWanted returns the chart with at most n creatives: those for which the most requests ended
// without a master or still wait for one.
func (c Chart) MostWanted(n int) Chart {
	demand := map[creative.Creative]int{}
	for _, g := range c.Gaps {
		demand[g.Creative] += g.Requests
	}
	byDemand := slices.Clone(c.Rows)
	slices.SortStableFunc(byDemand, func(a, b Row) int { return cmp.Compare(demand[b.Creative], demand[a.Creative]) })
	kept := map[creative.Creative]bool{}
	for _, row := range byDemand {
		if len(kept) < n {
			kept[row.Creative] = true
		}
	}
	c.Rows = slices.DeleteFunc(slices.Clone(c.Rows), func(r Row) bool { return !kept[r.Creative] })
	return c
}

// severity orders the states by urgency, the least urgent first.
var severity = []State{There, Lent, Archived, Unclear, Missing, Unusable}

// Worst returns the most urgent of the cells. The list cells must contain at least one cell.
func Worst(cells []Cell) Cell {
	return slices.MaxFunc(cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(vanity(a), vanity(b)), cmp.Compare(slices.Index(severity, a.State), slices.Index(severity, b.State)))
	})
}

func vanity(c Cell) int {
	if c.InVain() {
		return c.Skipped
	}
	return 0
}
