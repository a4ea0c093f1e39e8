package coverage

import (
	"cmp"
	"maps"
	"slices"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// noLocale is the reason of a cell whose masters lack only a locale. Every request names a locale, so
// these masters match no request.
const noLocale = "no_locale"

// known lists the known aspects in display order.
var known = []creative.Aspect{"9x16", "4x5", "1x1", "3x4", "16x9", "1.91x1"}

// Known reports whether placements use the column's aspect, so that requests can ask for it. Drawings
// with little room combine all other aspects into one column.
func (c Column) Known() bool { return slices.Contains(known, c.Aspect) }

// page collects the cells of one creative before they become rows.
type page struct {
	*Survey
	document masters.Document
	creative creative.Creative
	expected map[Column]bool // the columns that each locale's row must show
	entries  map[creative.Locale]map[Column]*entry
}

// entry is a cell that the chart shows because there is a master for it, because it was requested, or
// because the settings want it.
type entry struct {
	Cell
	// project is the project of the latest request. A master that the platform refused for this
	// project cannot be delivered.
	project string
}

// add appends the rows and gaps of one creative to the chart.
func (s *Survey) add(d masters.Document, c creative.Creative, asks []Ask) {
	p := page{s, d, c, map[Column]bool{}, map[creative.Locale]map[Column]*entry{}}
	for _, m := range d.Masters {
		column := Column{m.Kind, m.Aspect}
		p.entry(s.locale(m), column).Masters++
		p.expect(column)
		if m.Conflict() {
			s.chart.Conflicts = append(s.chart.Conflicts, Conflict{m.Key, m.NamedAspect, m.Aspect})
		}
	}
	for _, a := range asks {
		p.ask(a)
	}
	if len(p.entries) > 0 {
		p.want()
	}
	for l := range p.entries {
		s.chart.Rows = append(s.chart.Rows, p.row(l))
	}
	s.chart.Gaps = append(s.chart.Gaps, p.gaps(asks)...)
}

// want adds a cell for each master of the creative that the library's settings want.
func (p page) want() {
	wanted := p.library.Wanted
	locales := wanted.Locales
	if len(locales) == 0 {
		locales = slices.Collect(maps.Keys(p.entries))
	}
	for _, kind := range []creative.Kind{creative.Video, creative.Image} {
		for _, aspect := range wanted.Aspects(kind) {
			for _, l := range locales {
				if l != "" {
					p.entry(l, Column{kind, aspect})
				}
			}
		}
	}
}

// entry returns the entry of a locale and a column, and creates it if there is none.
func (p page) entry(l creative.Locale, c Column) *entry {
	if p.entries[l] == nil {
		p.entries[l] = map[Column]*entry{}
	}
	if p.entries[l][c] == nil {
		p.entries[l][c] = &entry{Cell: Cell{Column: c}}
	}
	return p.entries[l][c]
}

// expect makes the row of each locale show this column. It does nothing if no request can ask for
// the column.
func (p page) expect(c Column) {
	if c.Kind != "" && c.Known() {
		p.expected[c] = true
	}
}

// ask counts a request in the cells that [Ask.concerns] returns.
func (p page) ask(a Ask) {
	now := masters.Choose(p.document, a.Slot, p.library).Master.Aspect
	for _, aspect := range a.concerns(now) {
		column := Column{a.Slot.Kind, aspect}
		// only a request for an exact aspect makes the column expected in each locale
		if a.Slot.Aspect != "" {
			p.expect(column)
		}
		e := p.entry(a.Slot.Locale, column)
		e.Asked++
		if a.Skipped {
			e.Skipped++
		}
		if !a.At.Before(e.LastAsked) {
			e.LastAsked, e.project = a.At, a.Slot.Project
		}
	}
}

// row returns the row of a locale. It contains the locale's own cells, and a cell for each column
// that every locale of the creative is expected to have.
func (p page) row(l creative.Locale) Row {
	row := Row{Creative: p.creative, Locale: l}
	shown := map[Column]bool{}
	if l != "" { // no cell is expected for masters without a locale, because every request names a locale
		maps.Copy(shown, p.expected)
	}
	for c := range p.entries[l] {
		shown[c] = true
	}
	for _, c := range ordered(shown) {
		e := *p.entry(l, c)
		p.judge(p.document, &e.Cell, creative.Slot{
			Project: e.project, Creative: p.creative, Locale: l, Kind: c.Kind, Aspect: c.Aspect,
		})
		wanted := p.library.Wanted
		e.Wanted = l != "" && c.Kind != "" && (wanted.IsZero() && c.Known() || wanted.Includes(c.Kind, c.Aspect, l))
		row.Cells = append(row.Cells, e.Cell)
	}
	return row
}

// judge sets the cell's state, reason and key to the result that a request for the slot would have now.
func (s *Survey) judge(d masters.Document, cell *Cell, slot creative.Slot) {
	if slot.Locale == "" {
		cell.State, cell.Reason = s.unplaced(d, cell.Column)
		return
	}
	choice := masters.Choose(d, slot, s.library)
	cell.State, cell.Reason, cell.Key = stateOf(choice.Verdict), choice.Reason, choice.Master.Key
	if cell.State == There && s.locale(choice.Master) != slot.Locale {
		cell.State = Lent
	}
}

// unplaced returns the state and the reason for the masters in a column that have no locale. The
// state is Unclear if one of them lacks nothing but the locale to be delivered.
func (s *Survey) unplaced(d masters.Document, c Column) (State, string) {
	// the locale is arbitrary, because the masters below get the same locale
	slot := creative.Slot{Locale: "en", Kind: c.Kind, Aspect: c.Aspect}
	reason := noLocale
	var list []masters.Master
	for _, m := range d.Masters {
		if s.locale(m) != "" || m.Kind != c.Kind || m.Aspect != c.Aspect {
			continue
		}
		if m.LocaleUnclear != "" {
			reason = string(masters.UnclearLocale)
		}
		m.Locale, m.LocaleUnclear = slot.Locale, ""
		list = append(list, m)
	}
	d.Masters = list
	choice := masters.Choose(d, slot, s.library)
	if choice.Verdict == masters.Deliver {
		return Unclear, reason
	}
	return stateOf(choice.Verdict), choice.Reason
}

func stateOf(v masters.Verdict) State {
	switch v {
	case masters.Deliver:
		return There
	case masters.Unusable:
		return Unusable
	case masters.Archived:
		return Archived
	case masters.Unclear:
		return Unclear
	}
	return Missing
}

// locale returns the locale in whose row a master is counted: the master's own locale, or the library's
// setting unlabelledLocale for a master without one.
func (s *Survey) locale(m masters.Master) creative.Locale {
	return cmp.Or(m.Locale, s.library.UnlabelledLocale)
}

// ordered returns the columns in display order: videos before images, known aspects before others.
func ordered(set map[Column]bool) []Column {
	var list []Column
	for c := range set {
		list = append(list, c)
	}
	place := func(c Column) int {
		if i := slices.Index(known, c.Aspect); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortFunc(list, func(a, b Column) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(place(a), place(b)), cmp.Compare(a.Aspect, b.Aspect))
	})
	return list
}
