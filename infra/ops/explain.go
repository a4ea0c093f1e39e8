package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"text/tabwriter"

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
		library := flags.String("library", "", "`library` to look in; the only one, or \"default\", unless told")
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
	libraries, err := s.libraries(ctx, d)
	if err != nil {
		return explanation{}, err
	}
	if library == "" && len(libraries) == 1 {
		library = libraries[0].Name
	} else if library == "" {
		library = "default"
	}
	lib, err := libraryNamed(libraries, library)
	if err != nil {
		return explanation{}, err
	}
	index := masters.Index{Blobs: s3store.Blobs{Client: s.s3(), Bucket: d.index}}
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

// show prints the explanation as a table.
func (s *session) show(e explanation) error {
	s.printf("%s in library %s: %s %s\n", e.Slot, e.Library, e.Verdict, printable(e.Key+e.Reason))
	if !e.Built {
		s.warn("the library's index is not built whole by the current rules: a master may be missing, and no request is skipped")
	}
	if len(e.Candidates) == 0 {
		s.printf("the index lists no file of %s\n", e.slot.Creative)
		return nil
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nKEY\tKIND\tLOCALE\tASPECT\tPIXELS\tTYPE\tMB\tPLACED BY\tRULE")
	for _, c := range e.Candidates {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t%s\t%s\n", printable(c.Key), c.Kind, dash(c.Locale), dash(c.Aspect), pixels(c.Master),
			dash(c.Extension), float64(c.Size)/1e6, dash(c.Rule), rule(e, c))
	}
	return t.Flush()
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
