package main

import (
	"cmp"
	"context"
	"slices"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/kit/legible"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"

	"github.com/spf13/cobra"
)

func unplacedCommand(s *session) *cobra.Command {
	var library *string
	c := &cobra.Command{
		Use: "unplaced", Short: "List the files that are not placed or cannot be read, and why", Args: takesNone,
		Long: `Lists the files that are not placed or cannot be read, and why. An unplaced file is
never delivered, and its name may block the skip of a request.
Rename the file, place it by tags ("` + typed("place") + `"), or exclude it
from the masters ("` + typed("ignore") + `").

A file that cannot be read blocks the skips of its creative: repair the cause, then
run "` + typed("reindex") + `".`,
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
	list, err := s.listUnplaced(ctx, d, lib)
	if err != nil {
		return err
	}
	if s.asJSON {
		return printLines(s.terminal, list...)
	}
	if err := s.warnUnbuilt(ctx, d, lib); err != nil {
		return err
	}
	if len(list) == 0 {
		s.printf("every file of library %s is placed\n", lib.Name)
		return nil
	}
	if err := s.Print(unplacedTable(list)); err != nil {
		return err
	}
	s.hintUnplaced(lib, list)
	return nil
}

// hintUnplaced prints two commands for one of the files: one that places the file and one that
// excludes it. It prefers a file whose name has an obvious reading. If there are such files, it
// also prints the command that places all of them.
func (s *session) hintUnplaced(lib masters.Library, list []masters.Placed) {
	var args []string // arguments of the command "place"
	readings := 0
	for _, p := range list {
		if p.Unplaced == "" || p.Never {
			continue
		}
		reading, obvious := lib.Obvious(p.Key, placement.UnknownSize)
		switch {
		case obvious && !p.NoMedia:
			if readings++; readings == 1 {
				args = []string{p.Key, reading.Creative.String(), cmp.Or(string(reading.Locale), "LOCALE")}
			}
		case args == nil:
			args = []string{p.Key, "CODE-N", "LOCALE"}
		}
	}
	if args == nil {
		s.hintTagging(list)
		return
	}
	where := s.sameDeployment()
	s.printf("\nPlace a file, or exclude it from the masters:\n  %s%s %s\n  %s%s %s\n",
		typed("place"), where, legible.ShellWords(args...), typed("ignore"), where, legible.ShellWords(args[0]))
	if readings > 0 {
		s.printf("Place all files whose names have an obvious reading (%d):\n  %s%s\n", readings, typed("place --suggest"), where)
	}
}

// hintTagging prints the command that places a file. It is for a list without a file that a name could
// place. A rule that says that a file is no master may be wrong, and a tag overrides it.
func (s *session) hintTagging(list []masters.Placed) {
	if slices.ContainsFunc(list, func(p masters.Placed) bool { return p.Unplaced != "" }) {
		s.printf("\nIf one of the files is a master, place it:\n  %s%s %s\n", typed("place"), s.sameDeployment(), "KEY CODE-N LOCALE")
	}
}

// listUnplaced returns the unplaced files and the unreadable files of a library, sorted by key.
func (s *session) listUnplaced(ctx context.Context, d deployment, lib masters.Library) (list []masters.Placed, err error) {
	err = s.index(d).EachUnplaced(ctx, s.documents(d), lib, func(p masters.Placed) { list = append(list, p) })
	slices.SortFunc(list, func(a, b masters.Placed) int { return cmp.Compare(a.Key, b.Key) })
	return list, err
}

// whyListed returns the reason why a listed file is unplaced or unreadable.
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
