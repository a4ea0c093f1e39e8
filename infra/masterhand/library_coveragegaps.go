package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/kit/legible"
	"masterhand/shared/library/creative"
	"masterhand/shared/views/advice"
	"masterhand/shared/views/coverage"
)

// gapLine is a master that was requested and is missing, as --json prints it.
type gapLine struct {
	Code      string            `json:"code"`
	Variation int               `json:"variation"`
	Locale    creative.Locale   `json:"locale"`
	Kind      creative.Kind     `json:"kind"`
	Aspects   []creative.Aspect `json:"aspects"` // a master of any one of these aspects would fill the gap
	State     coverage.State    `json:"state"`
	Reason    string            `json:"reason"`
	Requests  int               `json:"requests"`
	Ads       int               `json:"ads"`
	LastAsked time.Time         `json:"lastAskedAt"`
	Do        coverage.Do       `json:"do"`
	Key       string            `json:"key"`
	Place     []string          `json:"place,omitempty"` // arguments of "place" that tag Key; empty if tags do not help
}

// showGaps prints the requested masters that cannot be delivered now, the most requested first.
func (s *session) showGaps(c coverage.Chart) error {
	if s.asJSON {
		for _, g := range c.Gaps {
			line := gapLine{
				g.Creative.Code, g.Creative.Variation, g.Locale, g.Kind, g.Aspects, g.State, g.Reason,
				g.Requests, g.Affected.Ads.Count, g.LastAsked.UTC(), g.Step.Do, g.Step.Key, g.Step.Place,
			}
			if err := s.JSON(line); err != nil {
				return err
			}
		}
		return nil
	}
	if len(c.Gaps) == 0 {
		s.printf("no requested master is missing\n")
	} else if err := s.Print(gapsTable(c.Gaps)); err != nil {
		return err
	}
	s.hintGaps(c.Gaps)
	s.tellShares(c)
	return nil
}

// gapsTable returns a table with one row for each gap. A gap is a master that was requested and is
// missing.
func gapsTable(gaps []coverage.Gap) *screen.Table {
	t := screen.NewTable("REQUESTS", "ADS", "CREATIVE", "LOCALE", "KIND", "ASPECT", "DO", "KEY").Whole("CREATIVE", "ASPECT")
	for _, g := range gaps {
		aspects := make([]string, len(g.Aspects))
		for i, a := range g.Aspects {
			aspects[i] = string(a)
		}
		row := screen.Texts(fmt.Sprint(g.Requests), dash(strings.TrimPrefix(fmt.Sprint(g.Affected.Ads.Count), "0")), printable(g.Creative.String()),
			string(g.Locale), string(g.Kind), strings.Join(aspects, " or "), string(g.Step.Do), dash(printable(g.Step.Key)))
		row[6].Paint = screen.Poor
		t.Add(row...)
	}
	return t
}

// hintGaps prints the commands for the first gap of each kind: the commands that place or exclude a
// file that only needs a tag, the command that places a file after its upload, and the command that shows whether files wait for the index.
func (s *session) hintGaps(gaps []coverage.Gap) {
	where := s.sameDeployment()
	first := func(do coverage.Do, placed bool) *coverage.Gap {
		if i := slices.IndexFunc(gaps, func(g coverage.Gap) bool { return g.Step.Do == do && (g.Step.Place != nil) == placed }); i >= 0 {
			return &gaps[i]
		}
		return nil
	}
	if g := first(coverage.Tag, true); g != nil {
		s.printf("\nPlace a file that only needs a tag, or exclude it from the masters:\n  %s%s %s\n  %s%s %s\n",
			typed("place"), where, legible.ShellWords(g.Step.Place...), typed("ignore"), where, legible.ShellWords(g.Step.Key))
	}
	if g := first(coverage.Undo, false); g != nil {
		s.printf("\nUse a file again that a tag excludes from the masters:\n  %s%s %s\n", typed("ignore --undo"), where, legible.ShellWords(g.Step.Key))
	}
	if g := first(coverage.Put, true); g != nil {
		s.printf("\nThe name of an uploaded file may not be enough to place it. Place such a file after the upload:\n  %s%s %s\n",
			typed("place"), where, legible.ShellWords(g.Step.Place...))
	}
	if g := first(coverage.Tell, false); g != nil {
		s.printf("\n%s\n", wrapped(printable(advice.NoTag(g.Locale))))
	}
	if first(coverage.Reread, false) != nil {
		s.printf("\nSee whether files still wait for the index; index the library again if none do:\n  %s%s\n  %s%s\n",
			typed("reindex --status"), where, typed("reindex"), where)
	}
}

// tellShares prints how many per cent of the wanted masters are available, in total and for each
// column of the table.
func (s *session) tellShares(c coverage.Chart) {
	columns, whole := c.Shares()
	if whole.Wanted == 0 {
		return
	}
	var parts []string
	for _, column := range c.Columns {
		if share := columns[column]; share.Wanted > 0 {
			parts = append(parts, fmt.Sprintf("%s %s %d%%", column.Kind, column.Aspect, share.Percent()))
		}
	}
	s.printf("\n%s\n", wrapped(fmt.Sprintf("%d%% of the wanted masters are available (%d of %d): %s", whole.Percent(), whole.There, whole.Wanted, strings.Join(parts, ", "))))
}
