package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"masterhand/shared/library/masters"
)

func ignoreCommand(s *session) *cobra.Command {
	var o tagOptions
	var undo bool
	c := &cobra.Command{
		Use: "ignore KEY…", Short: "Exclude files from the masters by a tag", Args: takes(1, maxArguments, "the keys of files"),
		Long: `Sets the tag ` + masters.LabelIgnore + `=true. A file with this tag is not a master,
regardless of its name and its other tags: it is never delivered, and it never
blocks a skip. With --undo, removes the tag.


` + tagPermissions,
		Example: examples("ignore 'notes about HRT-1212.mp4'", "ignore --undo 'notes about HRT-1212.mp4'"),
		RunE: func(c *cobra.Command, args []string) error {
			if s.asJSON && !o.yes && !o.dryRun {
				return errJSONAsks
			}
			return s.ignore(c.Context(), args, undo, o)
		},
	}
	c.Flags().BoolVar(&undo, "undo", false, "remove the tag")
	s.defineTagging(c, &o)
	return c
}

// maxArguments is the largest number of keys on one command line.
const maxArguments = 10_000

// tagPermissions is a help text: it lists the permissions that the operator's own credentials need.
const tagPermissions = `The credentials need s3:GetObject, s3:GetObjectTagging and s3:PutObjectTagging on
the masters bucket, and the same actions for versions (s3:GetObjectVersion,
s3:GetObjectVersionTagging, s3:PutObjectVersionTagging) where it keeps versions.`

func (s *session) defineTagging(c *cobra.Command, o *tagOptions) {
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "only show the new place of each file")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	s.withJSON(c, "a line of JSON for each file, with its final state; needs --yes or --dry-run")
}

// ignore sets the tag that excludes files from the masters. If undo is set, it removes that tag.
func (s *session) ignore(ctx context.Context, keys []string, undo bool, o tagOptions) error {
	p, err := s.tagPlan(ctx, "ignore")
	if err != nil {
		return err
	}
	change := tagChange{set: map[string]string{masters.LabelIgnore: "true"}}
	if undo {
		change = tagChange{unset: []string{masters.LabelIgnore}}
	}
	if err := p.plan(ctx, distinct(keys), func(tagged) (tagChange, error) { return change, nil }); err != nil {
		return err
	}
	return p.run(ctx, o)
}

// distinct returns the texts without repetitions, in their order.
func distinct(texts []string) (once []string) {
	for _, text := range texts {
		if !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	return once
}
