package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"

	"masterhand/shared/creative"
	"masterhand/shared/masters"
	"masterhand/shared/masters/s3store"
)

var explainCommand = command{
	name: "explain", args: "EVENT.json | CODE-VARIATION LOCALE KIND ASPECT|FAMILY [-project ID]", short: "show every candidate for a request, and the rule that kept or dropped it",
	long: `EVENT.json is an event as the platform's log or the samples have it. LOCALE is the like of
en or pt-BR, KIND video or image, ASPECT the like of 9x16, FAMILY feed or story_reel. For
example:

  ops explain events/requested-exact.json
  ops explain HRT-1212-2 en video 9x16
  ops explain HRT-1212-2 en image feed
  ops explain HRT-1212-2 en image feed -project 019d928c-02e1-7000-8000-000000000000

What the platform refused for a project is not sent to it again. An event tells its
project; by coordinates without -project, every project is shown for which a file was
refused.

deliver   the file chosen would be sent      unusable  what answers cannot be delivered
absent    nothing answers the request        archived  it must be restored first
unclear   a file may answer, but its shape, or what it is of, is not known`,
	define: func(s *session, flags *flag.FlagSet) action {
		library := libraryFlag(flags)
		project := flags.String("project", "", "`project` that asks, by its id, beside coordinates")
		asJSON := flags.Bool("json", false, "print JSON")
		return func(ctx context.Context, args []string) error {
			slot, err := question(args, *project)
			if err != nil {
				return err
			}
			e, err := s.explain(ctx, slot, *library)
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(s.out).Encode(e)
			}
			return s.show(e)
		}
	},
}

// explanation is what would be chosen now, and why.
type explanation struct {
	Slot    string `json:"slot"`
	Project string `json:"project,omitempty"` // that asks; "" is any
	Library string `json:"library"`
	Built   bool   `json:"built"` // the library's index is whole and by the current rules
	answer
	// Refused is what projects get for which a file was refused, where any may be asking.
	Refused    []refusal `json:"refused,omitempty"`
	Candidates []weighed `json:"candidates"` // the best first, then the dropped ones
	// Doubts are files that no rule places and that may be the creative's: while there are
	// any, nothing is skipped.
	Doubts []masters.Doubt `json:"doubts,omitempty"`
	slot   creative.Slot
}

// answer is what a choice comes to.
type answer struct {
	Verdict string `json:"verdict"` // deliver, absent, unusable, archived or unclear
	Reason  string `json:"reason,omitempty"`
	Key     string `json:"key,omitempty"` // of the master chosen
}

// refusal is what a project gets for which a file was refused.
type refusal struct {
	Project string `json:"project"`
	answer
}

// weighed is a candidate and the rule that dropped it, "" for none.
type weighed struct {
	masters.Master
	Dropped    masters.Drop  `json:"dropped,omitempty"`
	Behind     masters.Order `json:"behind,omitempty"`     // by which the chosen one goes before it
	RefusedFor []string      `json:"refusedFor,omitempty"` // projects, where any may be asking
}

func (s *session) explain(ctx context.Context, slot creative.Slot, library string) (explanation, error) {
	d, err := s.deployment(ctx)
	if err != nil {
		return explanation{}, err
	}
	lib, err := s.library(ctx, d, library)
	if err != nil {
		return explanation{}, err
	}
	index := s.index(d)
	document, _, err := index.Document(ctx, lib, slot.Creative)
	if err != nil {
		return explanation{}, err
	}
	state, _, err := index.State(ctx, lib)
	if err != nil {
		return explanation{}, err
	}
	e := explained(document, slot, lib)
	e.Built = state.Current(lib)
	return e, nil
}

// explained explains a choice for the slot's project, or for any and those that refused.
func explained(document masters.Document, slot creative.Slot, lib masters.Library) explanation {
	choice := masters.Choose(document, slot, lib)
	e := explanation{
		Slot: slot.String(), Project: slot.Project, Library: lib.Name,
		answer: answered(choice), Candidates: []weighed{}, Doubts: document.Doubts, slot: slot,
	}
	refusedFor := map[string][]string{}
	if slot.Project == "" {
		for _, project := range document.Refusers(slot) {
			slot.Project = project
			theirs := masters.Choose(document, slot, lib)
			e.Refused = append(e.Refused, refusal{project, answered(theirs)})
			for _, c := range theirs.Candidates {
				if c.Drop == masters.RefusedBefore {
					refusedFor[c.Master.Key] = append(refusedFor[c.Master.Key], project)
				}
			}
		}
	}
	for _, c := range choice.Candidates {
		e.Candidates = append(e.Candidates, weighed{c.Master, c.Drop, c.Behind, refusedFor[c.Master.Key]})
	}
	return e
}

func answered(choice masters.Choice) answer {
	a := answer{Verdict: verdict(choice.Verdict), Reason: choice.Reason}
	if choice.Verdict == masters.Deliver {
		a.Key = choice.Master.Key
	}
	return a
}

// libraryFlag defines the flag that says which library is meant.
func libraryFlag(flags *flag.FlagSet) *string {
	return flags.String("library", "", "`library` that is meant; the only one, or \"default\", unless told")
}

// library returns the one of that name; "" is the only one, or else "default".
func (s *session) library(ctx context.Context, d deployment, name string) (masters.Library, error) {
	libraries, err := s.libraries(ctx, d)
	if err != nil {
		return masters.Library{}, err
	}
	if name == "" && len(libraries) == 1 {
		return libraries[0], nil
	}
	return libraryNamed(libraries, cmp.Or(name, "default"))
}

func (s *session) index(d deployment) masters.Index {
	return masters.Index{Blobs: s3store.Blobs{Client: s.s3(), Bucket: d.index}}
}

// verdict names a verdict for the reader.
func verdict(v masters.Verdict) string {
	switch v {
	case masters.Deliver:
		return "deliver"
	case masters.Absent:
		return "absent"
	case masters.Unusable:
		return "unusable"
	case masters.Archived:
		return "archived"
	}
	return "unclear"
}

func verdictPaint(verdict string) paint {
	switch verdict {
	case "deliver":
		return good
	case "absent", "unclear":
		return poor
	}
	return bad
}

// show prints the explanation as a table.
func (s *session) show(e explanation) error {
	s.printf("%s in library %s: %s\n", e.Slot, e.Library, s.answer(e.answer))
	for _, r := range e.Refused {
		s.printf("refused for project %s, which gets: %s\n", printable(r.Project), s.answer(r.answer))
	}
	if locales := e.locales(); locales != "" {
		s.printf("locales there are: %s\n", printable(locales))
	}
	if !e.Built {
		s.warn("%s", unbuilt)
	}
	if len(e.Doubts) > 0 {
		s.printf("\nmay be of %s, but no rule places them; tag or rename them:\n", e.slot.Creative)
	}
	for _, doubt := range e.Doubts {
		s.printf("  %s  %s\n", printable(doubt.Key), s.painted(faint, printable(doubt.Why)))
	}
	if len(e.Candidates) == 0 {
		s.printf("the index lists no file of %s\n", e.slot.Creative)
		return nil
	}
	s.printf("\n")
	t := newTable("KEY", "KIND", "LOCALE", "ASPECT", "PIXELS", "TYPE", "MB", "PLACED BY", "RULE")
	for _, c := range e.Candidates {
		row := texted(printable(c.Key), string(c.Kind), string(dash(c.Locale)), aspectWords(c.Master), pixels(c.Master),
			typeOf(c.Master), fmt.Sprintf("%.1f", float64(c.Size)/1e6), dash(c.Rule), rule(e, c))
		if row[0].paint = faint; c.Key == e.Key {
			row[0].paint, row[8].paint = good, good
		} else if c.Dropped == "" {
			row[0].paint = plain
		}
		t.add(row...)
	}
	return s.print(t)
}

// locales are those that the request might have meant, where no file is of its own.
func (e explanation) locales() string {
	if e.Reason != "no_match:locale" {
		return ""
	}
	var others []string
	for _, c := range e.Candidates {
		if c.Dropped == masters.OtherLocale {
			others = append(others, string(c.Locale))
		}
	}
	slices.Sort(others)
	return strings.Join(slices.Compact(others), ", ")
}

func (s *session) answer(a answer) string {
	return s.painted(verdictPaint(a.Verdict), a.Verdict+" "+printable(a.Key+a.Reason))
}

// aspectWords is a master's aspect, with the one of its name where its pixels say another.
func aspectWords(m masters.Master) string {
	if m.Conflict() {
		return fmt.Sprintf("%s (named %s)", m.Aspect, m.NamedAspect)
	}
	return string(dash(m.Aspect))
}

// rule tells why a candidate stands where it does, and for whom it does not.
func rule(e explanation, c weighed) string {
	if len(c.RefusedFor) > 0 {
		return printable(place(e, c) + "; refused for project " + strings.Join(c.RefusedFor, ", "))
	}
	return place(e, c)
}

func place(e explanation, c weighed) string {
	switch {
	case c.Dropped == masters.Unreadable && c.Problem != "":
		return fmt.Sprintf("dropped: %s (%s)", c.Dropped, c.Problem)
	case c.Dropped != "":
		return "dropped: " + string(c.Dropped)
	case c.Key == e.Key:
		return "chosen"
	}
	return "comes after: " + orders[c.Behind]
}

// orders say of a file why another one goes before it.
var orders = map[masters.Order]string{
	masters.ByLocale: "its locale is only lent", masters.ByAspect: "its aspect is less preferred", masters.ByConflict: "its name says another aspect",
	masters.ByCopy: "a copy", masters.ByPixels: "fewer pixels", masters.ByAge: "older", masters.ByKey: "the same, but for its key",
}

// typeOf is the extension that a master is delivered by, and whether its key says another.
func typeOf(m masters.Master) string {
	if m.Misnamed {
		return dash(m.Extension) + " (misnamed)"
	}
	return dash(m.Extension)
}

func pixels(m masters.Master) string {
	if !m.Probed {
		return "unprobed"
	}
	return fmt.Sprintf("%dx%d", m.Width, m.Height)
}

func dash[T ~string](text T) T {
	if text == "" {
		return "-"
	}
	return text
}
