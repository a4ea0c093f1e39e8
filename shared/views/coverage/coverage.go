// Package coverage tells which masters a library has for each creative and locale, which
// it lacks, and what was asked for in vain.
//
// Invariants:
//
//   - What a cell says is what a request for it would come to now: [masters.Choose]
//     decides, so that a picture of coverage and an answer never disagree.
//   - A cell is missing only where something speaks for it: another locale of the
//     creative has it, or somebody asked.
//   - Memory grows with the cells, not with the files.
package coverage

import (
	"cmp"
	"slices"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// State is what a request for a cell would come to.
type State string

// The states.
const (
	There    State = "there"
	Lent     State = "lent"     // another locale's master answers: a wider one's, or a fallback's
	Unusable State = "unusable" // what answers cannot be delivered
	Archived State = "archived" // what answers must be restored first
	Unclear  State = "unclear"  // a file may answer: what shape it has, or what it is a master of, is not known
	Missing  State = "missing"
)

// States are all states, in the order in which legends and totals have them.
var States = []State{There, Lent, Unusable, Archived, Unclear, Missing}

// Column is a kind and an aspect; the aspect "" is of files whose shape is not known, and
// the kind "" of files that are no media.
type Column struct {
	Kind   creative.Kind   `json:"kind"`
	Aspect creative.Aspect `json:"aspect"`
}

// Cell is one column of one row.
type Cell struct {
	Column
	State     State     `json:"state"`
	Reason    string    `json:"reason,omitempty"` // of every state but There and Lent
	Key       string    `json:"key,omitempty"`    // of the master that would be delivered
	Masters   int       `json:"masters"`          // files of just this locale
	Asked     int       `json:"asked"`            // requests, those skipped among them
	Skipped   int       `json:"skipped"`
	LastAsked time.Time `json:"lastAsked,omitzero"`
	// Wanted: the library is meant to have it, by its settings or because something speaks for it.
	Wanted bool `json:"wanted,omitempty"`
}

// InVain reports a cell that was asked for, skipped, and would be so again.
func (c Cell) InVain() bool { return c.Skipped > 0 && c.State != There && c.State != Lent }

// Row is a creative in a locale; the locale "" is of masters that have none.
type Row struct {
	Creative creative.Creative
	Locale   creative.Locale
	Cells    []Cell // by column
}

// Conflict is a file whose name says one aspect and whose pixels say another.
type Conflict struct {
	Key    string          `json:"key"`
	Named  creative.Aspect `json:"named"`
	Pixels creative.Aspect `json:"pixels"`
}

// Chart is the coverage of a library.
type Chart struct {
	Library   string
	Columns   []Column // that any row has, in order
	Rows      []Row    // by creative, then locale
	Conflicts []Conflict
	Gaps      []Gap // what was asked for and would not be delivered now, the most wanted first
}

// Survey collects a chart.
type Survey struct {
	library masters.Library
	asks    map[creative.Creative][]Ask
	chart   Chart
}

// New begins a survey of a library of which that was asked for.
func New(lib masters.Library, asks []Ask) *Survey {
	s := &Survey{library: lib, asks: map[creative.Creative][]Ask{}, chart: Chart{Library: lib.Name}}
	for _, a := range asks {
		c := a.Slot.Creative.Canonical()
		s.asks[c] = append(s.asks[c], a)
	}
	return s
}

// Add takes in a creative's document. No document may come twice.
func (s *Survey) Add(d masters.Document) {
	c := creative.Creative{Code: d.Code, Variation: d.Variation}
	s.add(d, c, s.asks[c])
	delete(s.asks, c)
}

// Chart ends the survey. Creatives that were asked for and have no document come in as
// such.
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

// Share is how much there is of what is wanted.
type Share struct{ Wanted, There int }

// Percent returns the share in percent, rounded down: 100 is all of it.
func (s Share) Percent() int {
	if s.Wanted == 0 {
		return 100
	}
	return s.There * 100 / s.Wanted
}

// Shares returns the share of each column, and of the whole. Another locale's master counts
// as there where it answers.
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

// Totals counts the cells by state, and those that were asked for in vain.
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

// Lacking is the chart without the rows that lack nothing.
func (c Chart) Lacking() Chart {
	c.Rows = slices.DeleteFunc(slices.Clone(c.Rows), func(r Row) bool {
		return !slices.ContainsFunc(r.Cells, func(cell Cell) bool { return cell.State != There && cell.State != Lent })
	})
	return c
}

// Creatives returns how many creatives the chart has.
func (c Chart) Creatives() (n int) {
	for i, row := range c.Rows {
		if i == 0 || c.Rows[i-1].Creative != row.Creative {
			n++
		}
	}
	return n
}

// MostWanted is the chart with at most n creatives, the most wanted ones: those for which most
// requests ended without a master, or wait for one.
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

// severity orders states by how much they want a human's eye.
var severity = []State{There, Lent, Archived, Unclear, Missing, Unusable}

// Worst returns the cell that wants a human's eye most; there is at least one.
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
