package main

import (
	"context"
	"fmt"
	"strings"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/library/reindex"
)

// previewReindex shows what a reindex would change. It asks for confirmation if a creative would
// lose all its files, or if the index describes another bucket than the masters bucket.
//
// It does nothing in three cases: the library has no index yet, the index already follows the
// present rules, or a reindex by these rules is already changing the index. With --dry-run it shows
// the changes even in these cases, and never asks.
func (s *session) previewReindex(ctx context.Context, c reindex.Control, d deployment, lib masters.Library, state masters.State, p reindex.Progress, o reindexOptions) error {
	mine := p.Run.Rules == lib.RuleSet()
	weighing := mine && p.Run.Active() && p.Run.Step.Phase == reindex.Weighing
	going := mine && p.Run.Active() && !weighing
	changes := state.Format != 0 && state.Rules != lib.RuleSet() || weighing || mine && p.Run.Stopped()
	if !o.dryRun && (going || !changes) {
		return nil
	}
	preview, err := reindex.NewPreview(ctx, c.Index, s.documents(d), s3store.Bucket{Client: s.s3(), Name: d.masters}, lib)
	switch {
	case err != nil:
		return err
	case s.asJSON && o.dryRun:
		return s.JSON(preview)
	case !s.asJSON:
		if err := s.Print(previewTable(preview)); err != nil {
			return err
		}
	}
	loss := fmt.Sprintf("%s of %s would lose all their files", grouped(preview.Emptied), counted(preview.Documents, "creative"))
	if state.Moved(lib) {
		loss = state.Doubt(lib) + "; " + loss
	}
	switch {
	case !state.Moved(lib) && preview.Emptied == 0:
		return nil
	case o.yes, o.dryRun:
		s.warn("%s", loss)
		return nil
	case s.asJSON:
		return errJSONAsks
	}
	return s.mustConfirm(lib.Name, loss+", and requests for such a creative would be skipped.")
}

func previewTable(p reindex.Preview) *screen.Table {
	t := screen.NewTable("THE NEW RULES", "KEYS", "FIRST")
	for _, row := range []struct {
		name string
		of   reindex.Changes
	}{
		{"newly place", p.Placed}, {"no longer place", p.Unplaced}, {"move", p.Moved},
	} {
		examples := row.of.Examples
		if len(examples) == 0 {
			examples = []string{"-"}
		}
		for i, example := range examples {
			name, keys := row.name, grouped(row.of.Keys)
			if i > 0 {
				name, keys = "", ""
			}
			t.Add(screen.Texts(name, keys, printable(strings.TrimSpace(example)))...)
		}
	}
	return t
}
