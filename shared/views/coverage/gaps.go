package coverage

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/affected"
)

// Gap is what was asked for and would not be delivered now. One file heals it.
type Gap struct {
	Creative creative.Creative
	Locale   creative.Locale
	Kind     creative.Kind
	Aspects  []creative.Aspect // any one of them will do, the preferred first
	State    State
	Reason   string // as a request for it would be skipped or held

	Requests  int // that ended without a master, or wait for one
	Affected  affected.Names
	LastAsked time.Time

	Step Step
	// Has are the aspects that this locale has of the kind, and In the locales that have one of
	// Aspects.
	Has []creative.Aspect
	In  []creative.Locale
}

// Do is what heals a gap.
type Do string

// What heals a gap.
const (
	Put     Do = "put"     // put a file under Key
	Tag     Do = "tag"     // Key holds the file: say by tags what it is, or that it is no master
	Replace Do = "replace" // the file under Key cannot be delivered
	Restore Do = "restore" // the file under Key is archived
	Reread  Do = "reread"  // the file under Key could not be read: mend the reason, and index it again
)

// Step is what to do about a gap.
type Step struct {
	Do  Do
	Key string
	// Place are the arguments of "masterhand place" that say what the file is: of a Tag, and of
	// a Put under a key that the library's rules do not place; nil of others.
	Place []string
	// May: nobody knows whether the file is the one that is wanted.
	May bool
}

// byDemand orders gaps: what most requests and most ads wait for first.
func byDemand(a, b Gap) int {
	return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(b.Affected.Ads.Count, a.Affected.Ads.Count),
		b.LastAsked.Compare(a.LastAsked), cmp.Compare(a.name(), b.name()), cmp.Compare(a.Kind, b.Kind))
}

// name is for an order, and for a key that no rule places: "HRT-2-1_en_9x16".
func (g Gap) name() string { return fmt.Sprintf("%s_%s_%s", g.Creative, g.Locale, g.Aspects[0]) }

// demand is what the asks for one slot, of whatever project, come to.
type demand struct {
	Gap
	slot    creative.Slot // of the last who asked
	blocker string
}

// gaps returns what the creative lacks of what was asked for in vain.
func (p page) gaps(asks []Ask) (found []Gap) {
	demands := map[string]*demand{}
	for _, a := range asks {
		if a.Met {
			continue
		}
		name := fmt.Sprint(a.Slot.Locale, a.Slot.Kind, a.Slot.Target())
		d := demands[name]
		if d == nil {
			d = &demand{}
			demands[name] = d
		}
		d.Requests++
		d.Affected = d.Affected.With(a.Affected)
		if !a.At.Before(d.LastAsked) {
			d.LastAsked, d.slot, d.blocker = a.At, a.Slot, a.Blocker
		}
	}
	for _, name := range slices.Sorted(maps.Keys(demands)) {
		if d := demands[name]; p.weigh(d) {
			found = append(found, d.Gap)
		}
	}
	return together(found)
}

// weigh says what a demand lacks, and reports whether it lacks anything.
func (p page) weigh(d *demand) bool {
	choice := masters.Choose(p.document, d.slot, p.library)
	if choice.Verdict == masters.Deliver {
		return false
	}
	d.Creative, d.Locale, d.Kind = p.creative, d.slot.Locale, d.slot.Kind
	d.State, d.Reason = stateOf(choice.Verdict), choice.Reason
	for _, a := range p.library.Preference(d.slot) {
		if !slices.Contains(d.Aspects, a) && slices.Contains(d.slot.Accepts(), a) {
			d.Aspects = append(d.Aspects, a)
		}
	}
	for _, m := range p.document.Masters {
		switch l := p.locale(m); {
		case m.Kind != d.Kind || m.Aspect == "" || l == "":
		case l == d.Locale && !slices.Contains(d.Has, m.Aspect):
			d.Has = append(d.Has, m.Aspect)
		case l != d.Locale && slices.Contains(d.Aspects, m.Aspect) && !slices.Contains(d.In, l):
			d.In = append(d.In, l)
		}
	}
	slices.Sort(d.Has)
	slices.Sort(d.In)
	d.Step = p.step(d, choice)
	return true
}

// step says what heals a demand.
func (p page) step(d *demand, choice masters.Choice) Step {
	dropped := func(rules ...masters.Drop) (masters.Master, masters.Drop) {
		for _, rule := range rules {
			for _, c := range choice.Candidates {
				if c.Drop == rule {
					return c.Master, rule
				}
			}
		}
		return masters.Master{}, ""
	}
	place := func(key string, aspect creative.Aspect) []string {
		args := []string{key, d.Creative.String(), string(d.Locale)}
		if aspect != "" {
			args = append(args, string(aspect))
		}
		return args
	}
	switch d.State {
	case Archived:
		m, _ := dropped(masters.ArchivedStorage)
		return Step{Do: Restore, Key: m.Key}
	case Unusable:
		m, _ := dropped(masters.RefusedBefore, masters.TooLarge, masters.OtherContainer, masters.Unreadable)
		return Step{Do: Replace, Key: m.Key}
	case Unclear:
		switch m, rule := dropped(masters.UnclearLocale, masters.Unseen, masters.UnknownAspect); rule {
		case masters.UnclearLocale:
			return Step{Do: Tag, Key: m.Key, Place: place(m.Key, ""), May: true}
		case masters.UnknownAspect:
			return Step{Do: Tag, Key: m.Key, Place: place(m.Key, d.Aspects[0]), May: true}
		default:
			return Step{Do: Reread, Key: m.Key, May: true}
		}
	}
	for _, c := range choice.Candidates {
		if m := c.Master; c.Drop == masters.NoLocale && m.Kind == d.Kind && (m.Aspect == "" || slices.Contains(d.Aspects, m.Aspect)) {
			return Step{Do: Tag, Key: m.Key, Place: place(m.Key, "")}
		}
	}
	if d.blocker != "" && p.document.Find(d.blocker) == nil {
		return Step{Do: Tag, Key: d.blocker, Place: place(d.blocker, d.Aspects[0]), May: true}
	}
	slot := d.slot
	slot.Creative = p.creative
	if key := p.library.KeyFor(slot); key != "" {
		return Step{Do: Put, Key: key}
	}
	extension := "mp4"
	if d.Kind == creative.Image {
		extension = "jpg"
	}
	key := p.library.Prefix + d.name() + "." + extension
	return Step{Do: Put, Key: key, Place: place(key, d.Aspects[0])}
}

// together makes one gap of those of a slot that one file heals: where just one aspect is
// asked for, a family that accepts it needs no other.
func together(gaps []Gap) []Gap {
	var left []Gap
	families := slices.DeleteFunc(slices.Clone(gaps), func(g Gap) bool { return len(g.Aspects) == 1 })
	for _, g := range gaps {
		if len(g.Aspects) == 1 {
			left = append(left, g)
		}
	}
	for _, f := range families {
		best := -1
		for i, g := range left {
			heals := g.Locale == f.Locale && g.Kind == f.Kind && slices.Contains(f.Aspects, g.Aspects[0])
			if heals && (best < 0 || byDemand(g, left[best]) < 0) {
				best = i
			}
		}
		if best < 0 {
			left = append(left, f)
			continue
		}
		g := &left[best]
		g.Requests += f.Requests
		g.Affected = g.Affected.With(f.Affected)
		if f.LastAsked.After(g.LastAsked) {
			g.LastAsked = f.LastAsked
		}
	}
	return left
}
