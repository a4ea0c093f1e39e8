package main

import (
	"context"
	"strings"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/library/reindex"
)

// previewReindex shows what a run would change, unless the library is indexed by its present
// rules, or is being indexed by them. If always is set, it shows that in any case.
func (s *session) previewReindex(ctx context.Context, c reindex.Control, d deployment, lib masters.Library, always bool) error {
	state, _, err := c.Index.State(ctx, lib)
	if err != nil {
		return err
	}
	p, err := c.Progress(ctx, lib)
	if err != nil {
		return err
	}
	going := p.Run.Active() && p.Run.Rules == lib.RuleSet()
	if !always && (going || s.asJSON || state.Format == 0 || state.Rules == lib.RuleSet()) {
		return nil
	}
	if state.Format > 0 && !state.SameKeys(lib) {
		s.warn("library %s was indexed of another bucket or prefix", lib.Name)
	}
	preview, err := reindex.NewPreview(ctx, c.Index, s.documents(d), s3store.Bucket{Client: s.s3(), Name: d.masters}, lib)
	if err != nil {
		return err
	}
	if s.asJSON {
		return s.JSON(preview)
	}
	return s.Print(previewTable(preview))
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
