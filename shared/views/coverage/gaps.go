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
	"masterhand/shared/views/advice"
)

// Gap is a requested master that could not be delivered now. Once one suitable file exists, the gap
// is closed: new requests for the master get this file.
type Gap struct {
	Creative creative.Creative
	Locale   creative.Locale
	Kind     creative.Kind
	Aspects  []creative.Aspect // a file of any of these aspects closes the gap; the preferred aspect comes first
	State    State
	Reason   string // why a new request for the master would be skipped or would have to wait

	Requests  int // the number of requests that ended without a master or still wait for one
	Affected  affected.Names
	LastAsked time.Time

	Step Step
	// Has lists the aspects of the existing masters in the gap's locale and kind. In lists the other
	// locales that have a master in the gap's kind and in one of its Aspects.
	Has []creative.Aspect
	In  []creative.Locale
}

// Do is the kind of action that closes a gap.
type Do string

// The actions that close a gap. Key is the field Key of the type Step.
const (
	Put     Do = "put"     // upload a file to Key
	Tag     Do = "tag"     // tag the file at Key with its creative, locale and, if unknown, aspect, or as no master
	Replace Do = "replace" // replace the file at Key, because it cannot be delivered
	Restore Do = "restore" // restore the file at Key from archive storage
	Undo    Do = "undo"    // remove the tag that excludes the file at Key from the masters
	Tell    Do = "tell"    // tell the platform that the gap's Locale is no language tag; Key is ""
	Reread  Do = "reread"  // index the file at Key again; make it readable first if it could not be read
)

// Step is the action that closes a gap, and the S3 key to which it applies.
type Step struct {
	Do  Do
	Key string
	// Place holds the arguments of the command "masterhand place" that tags the file. It is set
	// for Tag, and for Put if the library's rules cannot place Key; otherwise it is nil.
	Place []string
	// May reports whether a person must decide if the file at Key is the wanted master, because
	// masterhand cannot know this.
	May bool
}

// Undo replaces the step Put by Undo in each gap for whose key the function ignored returns true: a
// file exists at this key, and a tag excludes it from the masters.
func (c Chart) Undo(ignored func(key string) bool) {
	for i, g := range c.Gaps {
		if g.Step.Do == Put && ignored(g.Step.Key) {
			c.Gaps[i].Step = Step{Do: Undo, Key: g.Step.Key, May: true}
		}
	}
}

// byDemand orders gaps by the number of waiting requests, then of waiting ads, the most first.
func byDemand(a, b Gap) int {
	return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(b.Affected.Ads.Count, a.Affected.Ads.Count),
		b.LastAsked.Compare(a.LastAsked), cmp.Compare(a.name(), b.name()), cmp.Compare(a.Kind, b.Kind))
}

// name returns a text such as "HRT-2-1_en_9x16": it breaks ties when gaps are sorted, and names
// the file to upload if the library has no rule for keys.
func (g Gap) name() string { return fmt.Sprintf("%s_%s_%s", g.Creative, g.Locale, g.Aspects[0]) }

// demand sums up the requests for one slot from all projects.
type demand struct {
	Gap
	slot creative.Slot // the slot of the latest request
	// blocker is the key that last blocked the latest request, and unindexed is Ask.Unindexed.
	blocker   string
	unindexed bool
}

// gaps returns the gaps of the creative: one for each master that was requested, that the platform
// has not got, and that could not be delivered now.
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
			d.LastAsked, d.slot, d.blocker, d.unindexed = a.At, a.Slot, a.Blocker, a.Unindexed
		}
	}
	for _, name := range slices.Sorted(maps.Keys(demands)) {
		if d := demands[name]; p.weigh(d) {
			found = append(found, d.Gap)
		}
	}
	return together(found)
}

// weigh sets the fields of d that describe the gap, such as the aspects that would close it. If a
// master could be delivered now, there is no gap, and weigh returns false.
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

// step returns the action that makes a master available for the requests in d.
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
	place := func(key string) []string { return advice.Place(p.library, key, d.slot) }
	if !d.Locale.IsTag() && (d.State == Missing || d.Reason == string(masters.UnclearLocale)) {
		return Step{Do: Tell}
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
			return Step{Do: Tag, Key: m.Key, Place: place(m.Key), May: true}
		case masters.UnknownAspect:
			return Step{Do: Tag, Key: m.Key, Place: advice.PlaceAspect(m.Key, d.slot, d.Aspects[0]), May: true}
		default:
			return Step{Do: Reread, Key: m.Key, May: true}
		}
	}
	for _, c := range choice.Candidates {
		if m := c.Master; c.Drop == masters.NoLocale && m.Kind == d.Kind && (m.Aspect == "" || slices.Contains(d.Aspects, m.Aspect)) {
			return Step{Do: Tag, Key: m.Key, Place: place(m.Key)}
		}
	}
	switch unlisted := d.blocker != "" && p.document.Find(d.blocker) == nil; {
	case unlisted && d.unindexed:
		return Step{Do: Reread, Key: d.blocker, May: true}
	case unlisted:
		return Step{Do: Tag, Key: d.blocker, Place: append(place(d.blocker), string(d.Aspects[0])), May: true}
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
	// the new file is for the requested locale, whatever locale its name states by mistake
	return Step{Do: Put, Key: key, Place: []string{key, d.Creative.String(), string(d.Locale), string(d.Aspects[0])}}
}

// together merges gaps that the same file would close: a gap for a family, and a gap in the same
// locale and kind for a single aspect that the family accepts. The requests of the family's gap are
// added to the gap for the single aspect.
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
