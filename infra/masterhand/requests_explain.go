package main

import (
	"cmp"
	"context"
	"errors"

	"masterhand/shared/kit/sqsqueue"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/fulfillment"

	"github.com/spf13/cobra"
)

func explainCommand(s *session) *cobra.Command {
	var library *string
	var project string
	c := &cobra.Command{
		Use: "explain EVENT.json | CODE LOCALE KIND ASPECT", DisableFlagsInUseLine: true,
		Short: "Show every candidate for a request, and the rule that decided",
		Args:  takes(1, 4, "an event's file, or CODE LOCALE KIND ASPECT"),
		Long: `EVENT.json is a file with an event, as the platform's log or the samples have it.
CODE is code and variation of a creative, such as HRT-1212-2, LOCALE a locale such
as en or pt-BR, KIND is video or image, ASPECT an aspect such as 9x16, or a
placement family (feed or story_reel).

A file that the platform refused for a project is not sent to that project again.
An event names its project. Without --project, four words show the answer for each
project for which a file was refused.

deliver   the chosen file would be sent
absent    no file answers the request
unusable  the files that answer it cannot be delivered
archived  the file that answers it must be restored first
unclear   a file may answer it, but its locale, its shape or its creative is not
          known, or the index has to catch up; nothing is skipped until then`,
		Example: examples("explain events/requested-exact.json", "explain HRT-1212-2 en video 9x16", "explain HRT-1212-2 en image feed"),
		RunE: func(c *cobra.Command, args []string) error {
			slot, err := question(args, project)
			if err != nil {
				return err
			}
			e, err := s.explain(c.Context(), slot, *library)
			if err != nil {
				return err
			}
			if s.asJSON {
				return s.JSON(e)
			}
			return s.show(e)
		},
	}
	library = libraryFlag(c)
	c.Flags().StringVar(&project, "project", "", "id of the `project` that asks; only with CODE LOCALE KIND ASPECT")
	s.withJSON(c, "one line of JSON")
	return c
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
	// Held is why a request would be held although no candidate answers it, and what ends that;
	// "" where nothing holds it.
	Held    string `json:"held,omitempty"`
	Blocker string `json:"blocker,omitempty"` // the key that holds it, "" where none does
	Full    bool   `json:"full,omitempty"`    // the index had no room for a file
	slot    creative.Slot
	library masters.Library
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
	d, lib, err := s.library(ctx, library)
	if err != nil {
		return explanation{}, err
	}
	index := s.index(d)
	document, revision, err := index.Document(ctx, lib, slot.Creative)
	if err != nil {
		return explanation{}, err
	}
	state, _, err := index.State(ctx, lib)
	if err != nil {
		return explanation{}, err
	}
	e := explained(document, slot, lib)
	e.Built = state.Current(lib)
	if e.Verdict == verdict(masters.Absent) || e.Verdict == verdict(masters.Unusable) {
		return s.proved(ctx, d, lib, e, document, revision)
	}
	return e, nil
}

// proved adds what the proof says that a request needs before it is skipped.
func (s *session) proved(ctx context.Context, d deployment, lib masters.Library, e explanation, document masters.Document, revision string) (explanation, error) {
	live, err := s.queueURL(ctx, d, "IndexQueueUrl")
	if err != nil {
		return e, err
	}
	dead, err := s.queueURL(ctx, d, "IndexDeadLettersUrl")
	if err != nil {
		return e, err
	}
	absence := fulfillment.Absence{
		Index: s.index(d), Lines: s.documents(d), Bucket: s3store.Bucket{Client: s.s3(), Name: d.masters},
		Backlog: sqsqueue.Backlog{Client: s.sqs(), Queues: []string{live, dead}}, Library: lib, Wanted: e.slot.Creative,
	}
	err = absence.Prove(ctx, document, revision)
	if u, is := errors.AsType[*fulfillment.Unproven](err); is {
		e.answer = answer{Verdict: verdict(masters.Unclear), Reason: u.Code}
		e.Held, e.Blocker, err = u.Why, u.Key, nil
	}
	return e, err
}

// explained explains a choice for the slot's project, or for any and those that refused.
func explained(document masters.Document, slot creative.Slot, lib masters.Library) explanation {
	choice := masters.Choose(document, slot, lib)
	e := explanation{
		Slot: slot.String(), Project: slot.Project, Library: lib.Name,
		answer: answered(choice), Candidates: []weighed{}, Full: document.Full, slot: slot, library: lib,
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

// libraryFlag adds the flag that names a library to a command.
func libraryFlag(c *cobra.Command) *string {
	return c.Flags().String("library", "", "name of the `library`; unless given, the only one, or \"default\"")
}

// library returns the deployment and its library of that name; "" is the only one, or else
// "default".
func (s *session) library(ctx context.Context, name string) (deployment, masters.Library, error) {
	d, err := s.deployment(ctx)
	if err != nil {
		return d, masters.Library{}, err
	}
	libraries, err := s.libraries(ctx, d)
	switch {
	case err != nil:
		return d, masters.Library{}, err
	case name == "" && len(libraries) == 1:
		return d, libraries[0], nil
	}
	lib, err := libraryNamed(libraries, cmp.Or(name, "default"))
	return d, lib, err
}

func (s *session) index(d deployment) masters.Index {
	return masters.Index{Blobs: s3store.Blobs{Client: s.s3(), Bucket: d.index}}
}
