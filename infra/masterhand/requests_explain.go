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
	"masterhand/shared/views/advice"

	"github.com/spf13/cobra"
)

func explainCommand(s *session) *cobra.Command {
	var library *string
	var project string
	c := &cobra.Command{
		Use: "explain EVENT.json | CODE LOCALE KIND ASPECT", DisableFlagsInUseLine: true,
		Short: "Show a request's answer, and why each candidate is chosen or not",
		Args:  takes(1, 4, "an event's file, or CODE LOCALE KIND ASPECT"),
		Long: `Shows the present answer to a request. EVENT.json is a file with an event in the
format of the platform's log or of the samples. CODE is code and variation of a
creative, such as HRT-1212-2. LOCALE is a locale such as en or pt-BR. KIND is video
or image. ASPECT is an aspect such as 9x16, or a placement family (feed or
story_reel).

Masterhand does not send a file again to a project for which the platform refused
it. An event names its project. With four words and no --project, the command also
shows the answer for each project for which a file was refused.

deliver   the chosen file would be delivered
absent    no file answers the request
unusable  the files that answer the request cannot be delivered
archived  the file that answers the request must be restored first
unclear   a file may answer the request, but its locale, aspect or creative is
          unknown, or the index is not up to date; until then nothing is skipped`,
		Example: examples("explain events/requested-exact.json", "explain HRT-1212-2 en video 9x16", "explain HRT-1212-2 en image feed"),
		RunE: func(c *cobra.Command, args []string) error {
			slot, err := question(args, project)
			if err != nil {
				return err
			}
			written := "" // stays "" if the slot comes from an event: only a typed creative can lack its variation
			if len(args) == 4 {
				written = args[0]
			}
			e, err := s.explain(c.Context(), slot, written, *library)
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
	c.Flags().StringVar(&project, "project", "", "id of the requesting `project`; only with CODE LOCALE KIND ASPECT")
	s.withJSON(c, "one line of JSON")
	return c
}

// explanation is the answer that a request would get now, with the reasons for it, as --json prints
// it.
type explanation struct {
	Slot    string `json:"slot"`
	Project string `json:"project,omitempty"` // project that asks for the file; "" means any project
	Library string `json:"library"`
	Built   bool   `json:"built"` // whether the library is completely indexed by its current rules
	answer
	// Refused holds, for each project for which the platform refused a file, the answer to a
	// request of that project. It is empty if Project is set.
	Refused    []refusal `json:"refused,omitempty"`
	Candidates []weighed `json:"candidates"` // all candidates: the best one first, the dropped ones last
	// Held is for a request that has no usable candidate but cannot be skipped. It says why the
	// request would wait, and what would end the wait. For any other request it is "".
	Held    string `json:"held,omitempty"`
	Blocker string `json:"blocker,omitempty"` // key of the file that would make the request wait; "" if no file would
	Full    bool   `json:"full,omitempty"`    // whether the index has no room for another file of the creative
	slot    creative.Slot
	library masters.Library
	ignored bool // whether a tag excludes the file that the operator would have to upload
}

// answer is the result of choosing a master for a request.
type answer struct {
	Verdict string `json:"verdict"` // one of deliver, absent, unusable, archived and unclear
	Reason  string `json:"reason,omitempty"`
	Key     string `json:"key,omitempty"` // key of the chosen master; "" if no master was chosen
}

// refusal is the answer for one project for which the platform refused a file.
type refusal struct {
	Project string `json:"project"`
	answer
}

// weighed is a candidate with the reason why it was dropped. The reason is "" for a candidate that
// was not dropped.
type weighed struct {
	masters.Master
	Dropped    masters.Drop  `json:"dropped,omitempty"`
	Behind     masters.Order `json:"behind,omitempty"`     // rule by which the chosen file ranks before this one; "" if none
	RefusedFor []string      `json:"refusedFor,omitempty"` // projects for which the file was refused; empty if Project is set
}

// explain returns the answer that a request for the slot would get now. written is the creative as
// the operator typed it, or "" if the slot comes from an event. If the operator probably forgot the
// variation, explain returns errOnlyCode.
func (s *session) explain(ctx context.Context, slot creative.Slot, written, library string) (explanation, error) {
	d, lib, err := s.library(ctx, library)
	if err != nil {
		return explanation{}, err
	}
	if err := s.checkVariation(ctx, d, lib, written, slot.Creative); err != nil {
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
		e, err = s.proved(ctx, d, lib, e, document, revision)
	}
	e.ignored = s.ignored(ctx, d, lib, advice.For(e.asRequest(), lib).Put)
	return e, err
}

// proved tries to prove that the library has no usable file for the request. Without this proof, a
// request cannot be skipped. If the proof fails, the verdict becomes "unclear".
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

// explained returns which master a request for the slot would get, and why. If the slot names no
// project, the result also has the answer for each project for which the platform refused a file.
func explained(document masters.Document, slot creative.Slot, lib masters.Library) explanation {
	choice := masters.Choose(document, slot, lib)
	e := explanation{
		Slot: slot.String(), Project: slot.Project, Library: lib.Name,
		answer: answered(choice), Blocker: fulfillment.Blocker(choice), Candidates: []weighed{}, Full: document.Full, slot: slot, library: lib,
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

// libraryFlag adds the flag --library to a command, and returns a pointer to the flag's value.
func libraryFlag(c *cobra.Command) *string {
	return c.Flags().String("library", "", "name of the `library`; unless given, the only library, or else \"default\"")
}

// library returns the deployment and the library with this name. For "" it returns the only library
// or, if there are several, the library "default".
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
