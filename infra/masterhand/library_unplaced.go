package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"

	"masterhand/shared/library/masters"
)

var unplacedCommand = command{
	name: "unplaced", args: "[-json]", short: "list the files that no rule takes for a master, and why",
	long: `Rename such a file, tag it with creative-code and creative-variation, or leave it: what
lies in the bucket without a place does no harm, unless its name comes near a creative's.`,
	define: func(s *session, flags *flag.FlagSet) action {
		library := libraryFlag(flags)
		asJSON := flags.Bool("json", false, "a line of JSON for each")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			return s.unplaced(ctx, *library, *asJSON)
		}
	},
}

func (s *session) unplaced(ctx context.Context, library string, asJSON bool) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	lib, err := s.library(ctx, d, library)
	if err != nil {
		return err
	}
	var list []masters.Placed
	if err := s.index(d).EachUnplaced(ctx, s.documents(d), lib, func(p masters.Placed) { list = append(list, p) }); err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b masters.Placed) int { return cmp.Compare(a.Key, b.Key) })
	if asJSON {
		e := json.NewEncoder(s.out)
		for _, p := range list {
			if err := e.Encode(p); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.warnUnbuilt(ctx, d, lib); err != nil {
		return err
	}
	if len(list) == 0 {
		s.printf("every file of library %s has its place\n", lib.Name)
		return nil
	}
	return s.print(unplacedTable(list))
}

func unplacedTable(list []masters.Placed) *table {
	t := newTable("KEY", "CHANGED", "WHY", "NEAREST RULE")
	for _, p := range list {
		t.add(texted(printable(p.Key), p.Modified.UTC().Format("2006-01-02 15:04"), printable(p.Unplaced), printable(dash(p.ClosestRule)))...)
	}
	return t
}
