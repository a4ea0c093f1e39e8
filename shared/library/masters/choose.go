package masters

import (
	"cmp"
	"slices"

	"masterhand/shared/library/creative"
)

// MaxUpload is the size limit of a file that one pre-signed PUT to R2 accepts, in bytes
// (Cloudflare's documented limit: 5 GiB less 5 MiB).
const MaxUpload = 5<<30 - 5<<20

// Drop names the rule that dropped a candidate; "" means that no rule dropped it.
type Drop string

// The rules that drop a candidate. The function drop decides in which order they are checked.
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

// Candidate is a master, with the reason why Choose did not choose it: the rule that dropped it, or
// the rule by which the chosen master was better. The chosen master has no reason.
type Candidate struct {
	Master Master
	Drop   Drop
	Behind Order // why the chosen master was preferred; "" for the chosen master and for dropped masters
}

// Order names a rule by which one master is preferred to another.
type Order string

// The rules of preference, the most important first.
const (
	ByLocale   Order = "locale"   // the wanted locale, then its parents, then FallbackLocales
	ByAspect   Order = "aspect"   // the aspects in the order of Library.Preference
	ByConflict Order = "conflict" // masters whose name contradicts the aspect of their pixels come last
	ByCopy     Order = "copy"     // originals before copies
	ByPixels   Order = "pixels"   // more pixels first
	ByAge      Order = "age"      // newer first
	ByKey      Order = "key"      // in the order of the keys, so that two masters never rank equal
)

// Verdict is the kind of result that Choose returns.
type Verdict int

// The verdicts of Choose.
const (
	// Absent: no master in the index answers the slot. The caller must still prove that the index
	// is complete.
	Absent Verdict = iota
	// Deliver: Choice.Master answers the slot.
	Deliver
	// Unusable: masters answer the slot, but none of them can ever be delivered as it is.
	Unusable
	// Archived: the master that answers the slot is in archive storage; a person must restore it
	// first.
	Archived
	// Unclear: a file may answer the slot, but its locale, aspect or content is not known.
	Unclear
)

// Ends reports whether the verdict can end a request without a delivery.
func (v Verdict) Ends() bool { return v == Absent || v == Unusable || v == Archived }

// Choice is the result of Choose: the chosen master, or the reason why there is none, and all
// candidates.
type Choice struct {
	Verdict Verdict
	Master  Master // set if Verdict is Deliver
	Reason  string // why there is no Master, such as "no_match:aspect"; "" if there is one
	// Candidates holds first the masters that no rule dropped, the best first, and then the
	// dropped masters, sorted by key.
	Candidates []Candidate
}

// Full is the reason that Choose returns if the document had no room for one of its masters.
const Full = "full"

// Choose returns the master that answers the slot best. It is a pure function of its arguments;
// the order of the document's masters does not matter.
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

// drop returns the first rule that drops the master, or "". The rules about the slot come first.
// So a master that is dropped because of its size, container or damage is a master of the
// requested slot. A rule about the content must come after the rule Unseen, which drops masters of
// unknown content, or must check m.Seen itself.
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
	case m.Extension == "" && m.Problem != NoMedia: // if the file is no media, the rule Unreadable drops it instead
		return OtherContainer
	case m.Size > MaxUpload:
		return TooLarge
	case m.Problem != noProblem:
		return Unreadable
	}
	return ""
}

// refused reports whether the platform refused the master's bytes for this slot, under any key.
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

// rank returns how well a master's locale answers the wanted locale. 0 is the best. The library's
// fallback locales have the largest ranks. -1 means that the locale does not answer.
func (l Library) rank(wanted, has creative.Locale) int {
	if rank := wanted.Rank(has); rank >= 0 {
		return rank
	}
	if i := slices.Index(l.FallbackLocales, has); i >= 0 && wanted.IsTag() {
		return creative.MaxRank + i
	}
	return -1
}

// Preference returns the aspects that answer the slot, the best first.
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

// compare orders candidates, the better first. It orders dropped candidates by key alone.
func (l Library) compare(a, b Candidate, slot creative.Slot, preference []creative.Aspect) int {
	if a.Drop != "" {
		return cmp.Compare(a.Master.Key, b.Master.Key)
	}
	c, _ := l.order(a.Master, b.Master, slot, preference)
	return c
}

// order compares two masters that answer the slot. Its first result is negative if a is better,
// positive if b is better. Its second result is the rule of preference that decided, such as
// ByPixels.
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

// verdict returns the verdict and its reason for a choice in which every candidate was dropped. If
// several rules dropped candidates, one rule decides, in this order: first a rule whose cause a
// person can fix, then a rule against masters that the platform cannot use, last a rule against
// masters that do not answer the slot.
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
