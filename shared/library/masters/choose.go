package masters

import (
	"cmp"
	"slices"

	"masterhand/shared/library/creative"
)

// MaxUpload is the largest file that one pre-signed PUT of R2 takes, in bytes
// (Cloudflare's documented limit: 5 GiB less 5 MiB).
const MaxUpload = 5<<30 - 5<<20

// Drop is the rule that dropped a candidate; "" is none.
type Drop string

// The rules, in the order they are asked.
const (
	OtherKind       Drop = "other_kind"
	OtherLocale     Drop = "other_locale"
	NoLocale        Drop = "no_locale"
	UnclearLocale   Drop = "unclear_locale"
	OtherAspect     Drop = "other_aspect"
	ArchivedStorage Drop = "archived"
	Unseen          Drop = "unseen"
	UnknownAspect   Drop = "unknown_aspect"
	RefusedBefore   Drop = "previously_rejected"
	OtherContainer  Drop = "unsupported_container"
	TooLarge        Drop = "too_large"
	Unreadable      Drop = "corrupt"
)

// Candidate is a master and the rule that dropped it, or that the chosen one goes before
// it by.
type Candidate struct {
	Master Master
	Drop   Drop
	Behind Order // "" of the chosen one, and of those dropped
}

// Order is a rule by which one master goes before another.
type Order string

// The orders, in their order: the better first.
const (
	ByLocale   Order = "locale"   // the wanted one, then what lends to it
	ByAspect   Order = "aspect"   // the family's preference
	ByConflict Order = "conflict" // what is called what its pixels are goes before what is not
	ByCopy     Order = "copy"     // originals before copies
	ByPixels   Order = "pixels"   // more of them
	ByAge      Order = "age"      // the newest
	ByKey      Order = "key"      // so that a tie always ends the same way
)

// Verdict is what a choice comes to.
type Verdict int

// The verdicts.
const (
	// Absent: nothing the index knows answers the slot. Only a claim: whether the index
	// knows everything is for others to prove.
	Absent Verdict = iota
	// Deliver: Choice.Master answers the slot.
	Deliver
	// Unusable: what answers the slot cannot be delivered, and never will be as it is.
	Unusable
	// Archived: the master that answers the slot must be restored by a human first.
	Archived
	// Unclear: a file may answer the slot, but its locale, its shape or its content is not
	// known.
	Unclear
)

// Ends reports whether the verdict ends a request without a delivery.
func (v Verdict) Ends() bool { return v == Absent || v == Unusable || v == Archived }

// Choice is the master chosen, or why there is none, and every candidate.
type Choice struct {
	Verdict    Verdict
	Master     Master      // set for Deliver
	Reason     string      // for the other verdicts: "no_match:aspect", "too_large", …
	Candidates []Candidate // the best first, then the dropped ones, by key
}

// Full is the reason where the document had no room for one of its masters.
const Full = "full"

// Choose picks the master that answers the slot best. It is pure, and never depends
// on the order of the document.
func Choose(d Document, slot creative.Slot, lib Library) Choice {
	candidates := make([]Candidate, 0, len(d.Masters))
	for _, m := range d.Masters {
		candidates = append(candidates, Candidate{Master: m, Drop: drop(m, d.Refusals, slot, lib)})
	}
	preference := lib.Preference(slot)
	slices.SortFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(min(len(a.Drop), 1), min(len(b.Drop), 1)),
			lib.compare(a, b, slot, preference),
		)
	})
	choice := Choice{Candidates: candidates}
	if len(candidates) > 0 && candidates[0].Drop == "" {
		choice.Verdict, choice.Master = Deliver, candidates[0].Master
		for i := range candidates {
			if i > 0 && candidates[i].Drop == "" {
				_, candidates[i].Behind = lib.order(choice.Master, candidates[i].Master, slot, preference)
			}
		}
		return choice
	}
	choice.Verdict, choice.Reason = verdict(candidates)
	if d.Full {
		choice.Verdict, choice.Reason = Unclear, Full
	}
	return choice
}

// drop asks the rules in order: those about the slot first, so that what is dropped
// by a later one is known to answer it. A rule about the content must come after the rules
// that drop a master whose content nobody has seen, unless it asks for seen content itself.
func drop(m Master, refusals []Refusal, slot creative.Slot, lib Library) Drop {
	locale := lib.locale(m)
	unclear := m.LocaleUnclear != "" || !slot.Locale.IsTag() && lib.rank(slot.Locale, locale) < 0
	otherAspect := m.Aspect != "" && !slices.Contains(slot.Accepts(), m.Aspect)
	switch {
	case m.Kind != slot.Kind && (m.Kind != "" || m.Seen()):
		return OtherKind
	case unclear && otherAspect && (m.Probed || m.AspectLabelled):
		return OtherAspect
	case unclear:
		return UnclearLocale
	case locale == "":
		return NoLocale
	case lib.rank(slot.Locale, locale) < 0:
		return OtherLocale
	case otherAspect && (m.Probed || m.AspectLabelled):
		return OtherAspect
	case m.Archived():
		return ArchivedStorage
	case !m.Seen():
		return Unseen
	case otherAspect:
		return OtherAspect
	case m.Aspect == "" && m.Problem == noProblem:
		return UnknownAspect
	case refused(m, refusals, slot):
		return RefusedBefore
	case m.Extension == "" && m.Problem != NoMedia: // what is no media has no container
		return OtherContainer
	case m.Size > MaxUpload:
		return TooLarge
	case m.Problem != noProblem:
		return Unreadable
	}
	return ""
}

// refused reports whether the platform refused these bytes for this slot, under any key.
func refused(m Master, refusals []Refusal, slot creative.Slot) bool {
	name := RefusalSlot(slot)
	return slices.ContainsFunc(refusals, func(r Refusal) bool {
		sameObject := r.ETag == m.ETag && (r.Key == m.Key || r.ETag != "" && r.Size > 0 && r.Size == m.Size)
		return r.Slot == name && (sameObject || r.SHA256 != "" && r.SHA256 == m.SHA256)
	})
}

func (l Library) locale(m Master) creative.Locale {
	if m.Locale == "" {
		return l.UnlabelledLocale
	}
	return m.Locale
}

// rank says how well a master's locale answers the wanted one: by itself first, then as
// one of the library's fallbacks; -1 is not at all.
func (l Library) rank(wanted, has creative.Locale) int {
	if rank := wanted.Rank(has); rank >= 0 {
		return rank
	}
	if i := slices.Index(l.FallbackLocales, has); i >= 0 && wanted.IsTag() {
		return creative.MaxRank + i
	}
	return -1
}

// Preference returns the aspects that answer the slot, best first.
func (l Library) Preference(slot creative.Slot) []creative.Aspect {
	if slot.Family != creative.Feed {
		return slot.Accepts()
	}
	order := l.FeedPreference
	if len(order) == 0 {
		order = []creative.Aspect{"4x5", "1x1", "3x4"}
	}
	return append(slices.Clone(order), slot.Accepts()...)
}

// compare orders candidates, the better first. Of dropped ones only the key counts.
func (l Library) compare(a, b Candidate, slot creative.Slot, preference []creative.Aspect) int {
	if a.Drop != "" {
		return cmp.Compare(a.Master.Key, b.Master.Key)
	}
	c, _ := l.order(a.Master, b.Master, slot, preference)
	return c
}

// order compares two masters that answer the slot, the better first, and says by which rule.
func (l Library) order(a, b Master, slot creative.Slot, preference []creative.Aspect) (int, Order) {
	for _, rule := range []struct {
		order Order
		c     int
	}{
		{ByLocale, cmp.Compare(l.rank(slot.Locale, l.locale(a)), l.rank(slot.Locale, l.locale(b)))},
		{ByAspect, cmp.Compare(slices.Index(preference, a.Aspect), slices.Index(preference, b.Aspect))},
		{ByConflict, compareBools(a.Conflict(), b.Conflict())},
		{ByCopy, compareBools(a.Copy, b.Copy)},
		{ByPixels, cmp.Compare(b.Width*b.Height, a.Width*a.Height)},
		{ByAge, b.Modified.Compare(a.Modified)},
	} {
		if rule.c != 0 {
			return rule.c, rule.order
		}
	}
	return cmp.Compare(a.Key, b.Key), ByKey
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// verdict says what it means that every candidate was dropped: the one that came
// nearest decides.
func verdict(candidates []Candidate) (Verdict, string) {
	dropped := func(d Drop) bool {
		return slices.ContainsFunc(candidates, func(c Candidate) bool { return c.Drop == d })
	}
	switch {
	case dropped(ArchivedStorage):
		return Archived, string(ArchivedStorage)
	case dropped(UnclearLocale):
		return Unclear, string(UnclearLocale)
	case dropped(Unseen):
		return Unclear, string(Unseen)
	case dropped(UnknownAspect):
		return Unclear, string(UnknownAspect)
	}
	for _, d := range []Drop{RefusedBefore, TooLarge, OtherContainer, Unreadable} {
		if dropped(d) {
			return Unusable, string(d)
		}
	}
	switch {
	case dropped(OtherAspect):
		return Absent, "no_match:aspect"
	case dropped(OtherLocale), dropped(NoLocale):
		return Absent, "no_match:locale"
	case dropped(OtherKind):
		return Absent, "no_match:kind"
	}
	return Absent, "no_match:creative"
}
