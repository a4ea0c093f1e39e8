package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"masterhand/shared/creative"
	"masterhand/shared/masters"
	"masterhand/shared/masters/s3store"
)

var explainCommand = command{
	name: "explain", args: "EVENT.json | CODE-VARIATION LOCALE KIND ASPECT|FAMILY", short: "show every candidate for a request, and the rule that kept or dropped it",
	long: `EVENT.json is an event as the platform's log or the samples have it. For example:

  ops explain events/requested-exact.json
  ops explain HRT-1212-2 en video 9x16
  ops explain HRT-1212-2 en image feed`,
	define: func(s *session, flags *flag.FlagSet) action {
		library := libraryFlag(flags)
		asJSON := flags.Bool("json", false, "print JSON")
		return func(ctx context.Context, args []string) error {
			slot, err := question(args)
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
	Slot       string    `json:"slot"`
	Library    string    `json:"library"`
	Built      bool      `json:"built"`   // the library's index is whole and by the current rules
	Verdict    string    `json:"verdict"` // deliver, absent, unusable, archived or unclear
	Reason     string    `json:"reason,omitempty"`
	Key        string    `json:"key,omitempty"` // of the master chosen
	Candidates []weighed `json:"candidates"`    // the best first, then the dropped ones
	slot       creative.Slot
}

// weighed is a candidate and the rule that dropped it, "" for none.
type weighed struct {
	masters.Master
	Dropped masters.Drop `json:"dropped,omitempty"`
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
	choice := masters.Choose(document, slot, lib)
	e := explanation{
		Slot: slot.String(), Library: lib.Name, Built: state.Current(lib), Verdict: verdict(choice.Verdict),
		Reason: choice.Reason, Candidates: []weighed{}, slot: slot,
	}
	if choice.Verdict == masters.Deliver {
		e.Key = choice.Master.Key
	}
	for _, c := range choice.Candidates {
		e.Candidates = append(e.Candidates, weighed{c.Master, c.Drop})
	}
	return e, nil
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
	s.printf("%s in library %s: %s\n", e.Slot, e.Library, s.painted(verdictPaint(e.Verdict), e.Verdict+" "+printable(e.Key+e.Reason)))
	if !e.Built {
		s.warn("%s", unbuilt)
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

// aspectWords is a master's aspect, with the one of its name where its pixels say another.
func aspectWords(m masters.Master) string {
	if m.Conflict() {
		return fmt.Sprintf("%s (named %s)", m.Aspect, m.NamedAspect)
	}
	return string(dash(m.Aspect))
}

// rule tells why a candidate stands where it does.
func rule(e explanation, c weighed) string {
	switch {
	case c.Dropped == masters.Unreadable && c.Problem != "":
		return fmt.Sprintf("dropped: %s (%s)", c.Dropped, c.Problem)
	case c.Dropped != "":
		return "dropped: " + string(c.Dropped)
	case c.Key == e.Key:
		return "chosen"
	}
	return "comes after"
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
