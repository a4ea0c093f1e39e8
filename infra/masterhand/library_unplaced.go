package main

import (
	"cmp"
	"context"
	"slices"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"

	"github.com/spf13/cobra"
)

func unplacedCommand(s *session) *cobra.Command {
	var library *string
	c := &cobra.Command{
		Use: "unplaced", Short: "List the files not placed or not readable, and why", Args: takesNone,
		Long: `Rename a file without a place, tag it with creative-code and creative-variation, or
leave it: it does no harm unless its name resembles a creative's. No request of the
creative of a file that cannot be read is skipped: mend the reason, then run
"` + typed("reindex") + `".`,
		Example: examples("unplaced --library films"),
		RunE:    func(c *cobra.Command, _ []string) error { return s.unplaced(c.Context(), *library) },
	}
	library = libraryFlag(c)
	s.withJSON(c, "a line of JSON for each file")
	return c
}

func (s *session) unplaced(ctx context.Context, library string) error {
	d, lib, err := s.library(ctx, library)
	if err != nil {
		return err
	}
	var list []masters.Placed
	if err := s.index(d).EachUnplaced(ctx, s.documents(d), lib, func(p masters.Placed) { list = append(list, p) }); err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b masters.Placed) int { return cmp.Compare(a.Key, b.Key) })
	if s.asJSON {
		return printLines(s.terminal, list...)
	}
	if err := s.warnUnbuilt(ctx, d, lib); err != nil {
		return err
	}
	if len(list) == 0 {
		s.printf("every file of library %s has its place\n", lib.Name)
		return nil
	}
	return s.Print(unplacedTable(list))
}

// whyListed says why a file is in the list.
func whyListed(p masters.Placed) string {
	switch {
	case p.Unread == "":
		return p.Unplaced
	case p.Unplaced == "":
		return "cannot be read: " + p.Unread
	}
	return p.Unplaced + "; cannot be read: " + p.Unread
}

func unplacedTable(list []masters.Placed) *screen.Table {
	t := screen.NewTable("KEY", "CHANGED", "WHY")
	for _, p := range list {
		t.Add(screen.Texts(printable(p.Key), screen.Minute(p.Modified), printable(whyListed(p)))...)
	}
	return t
}
