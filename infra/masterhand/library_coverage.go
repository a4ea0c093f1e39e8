package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/views/coverage"

	"github.com/spf13/cobra"
)

func coverageCommand(s *session) *cobra.Command {
	var o coverageOptions
	c := &cobra.Command{
		Use: "coverage [CODE]", Short: "Show which masters exist, are missing, or were skipped", Args: takes(0, 1, "at most one CODE"),
		Long: `Prints a line for each creative, locale and kind, with a column for each aspect.
CODE limits the lines to creatives whose code begins with it. A cell shows what a
request would get now:

  ok       available: a master (ok 2: the best of two)
  ≈        covered by another locale: its master (pt for pt-br)
  !        not usable: the master is damaged or has an unsupported format
  A        archived: the master must be restored first
  ?        unclear: the locale or the aspect of a file is not known
  none     missing: only another locale has a master
  skip 3   requested and skipped three times, and still not available
  ·        no locale has a master, and it was not requested

The column "other" holds the aspects that no placement requests. --csv and
"` + typed("explain") + `" show the reasons.`,
		Example: examples("coverage HRT-1212", "coverage --gaps", "coverage --svg coverage.svg"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.csv && s.asJSON {
				return fmt.Errorf("%w: give --csv or --json, not both", errUsage)
			}
			if len(args) == 1 {
				o.code = args[0]
			}
			return s.coverage(c.Context(), o)
		},
	}
	flags := c.Flags()
	o.library = libraryFlag(c)
	within(c, &o.days, "days", 14, 0, 31, "count the requests of this `number` of days; the ledger keeps requests for 30 days")
	flags.BoolVar(&o.gaps, "gaps", false, "only requested masters that are missing, the most requested first, and what to do; with --csv or --svg, only creatives and locales that lack one")
	flags.BoolVar(&o.csv, "csv", false, "print a line of CSV for each cell, with the reason and the key")
	flags.StringVar(&o.svg, "svg", "", "draw a picture into `FILE` instead of printing the table")
	s.withJSON(c, "a line of JSON for each creative and locale")
	return c
}

type coverageOptions struct {
	library   *string
	code, svg string
	days      int
	gaps, csv bool
}

func (s *session) coverage(ctx context.Context, o coverageOptions) error {
	d, lib, err := s.library(ctx, *o.library)
	if err != nil {
		return err
	}
	asks, err := s.asks(ctx, d, lib, o)
	if err != nil {
		return err
	}
	survey := coverage.New(lib, asks)
	bar := s.counting("reading the index")
	err = s.index(d).EachDocument(ctx, s.documents(d), lib, o.code, func(doc masters.Document) {
		survey.Add(doc)
		bar.add(1)
	})
	bar.end()
	if err != nil {
		return err
	}
	if err := s.warnUnbuilt(ctx, d, lib); err != nil {
		return err
	}
	chart := survey.Chart()
	if o.code != "" && len(chart.Rows) == 0 {
		fmt.Fprintf(s.err, "no creative's code begins with %s\n", printable(o.code))
		if !o.csv && !s.asJSON {
			return nil
		}
	}
	switch {
	case o.gaps && o.svg == "" && !o.csv:
		chart.Undo(func(key string) bool { return s.ignored(ctx, d, lib, key) })
		return s.showGaps(chart)
	case o.gaps:
		chart = chart.Lacking()
	}
	return s.showCoverage(chart, o)
}

// documents returns the index bucket as a masters.Lister, which can list the bucket's documents.
func (s *session) documents(d deployment) masters.Lister {
	return s3store.Bucket{Client: s.s3(), Name: d.index}
}

// warnUnbuilt warns if the library is not completely indexed by its current rules. The index may
// then lack masters.
func (s *session) warnUnbuilt(ctx context.Context, d deployment, lib masters.Library) error {
	state, _, err := s.index(d).State(ctx, lib)
	if err == nil && !state.Current(lib) {
		s.warn("%s", unbuilt)
	}
	return err
}

const unbuilt = "the library is not completely indexed by its current rules: the index may lack masters, and no request is skipped until then"

// asks returns the requests of the last o.days days for files of the library, if the requested code
// begins with o.code. It converts the requests to the type that package coverage counts.
func (s *session) asks(ctx context.Context, d deployment, lib masters.Library, o coverageOptions) (asks []coverage.Ask, err error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	named := func(ids []string) (map[string]affected.Names, error) {
		if !o.gaps { // the affected ads are needed only for the list of gaps
			return nil, nil
		}
		return store.Affected(ctx, ids)
	}
	for _, day := range lastDays(s.now(), o.days) {
		items, err := store.ByDay(ctx, day, scanned)
		if err != nil {
			return nil, err
		}
		if len(items) == scanned {
			s.warn("the counts may be too low: only the newest %d requests of %s were read", scanned, day)
		}
		var ids []string
		first := len(asks)
		for _, i := range items {
			if a, ok := coverage.AskOf(i); ok && i.Library == lib.Name && a.Of(o.code) {
				asks, ids = append(asks, a), append(ids, i.ID)
			}
		}
		names, err := named(ids)
		if err != nil {
			return nil, err
		}
		for n, id := range ids {
			asks[first+n].Affected = names[id]
		}
	}
	return asks, nil
}

// showCoverage writes the chart in the format that the options select.
func (s *session) showCoverage(c coverage.Chart, o coverageOptions) error {
	if o.svg != "" {
		if err := writeFile(o.svg, func(w io.Writer) error { return coverage.WriteSVG(w, c) }); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "written to %s\n", o.svg)
	}
	switch {
	case o.csv:
		return coverage.WriteCSV(s.Out, c)
	case s.asJSON:
		return s.coverageJSON(c)
	case o.svg == "":
		shown := c
		if s.Width > 0 && o.code == "" {
			shown = c.MostWanted(readable)
		}
		if err := s.Print(coverageTable(shown)); err != nil {
			return err
		}
		if left := c.Creatives() - shown.Creatives(); left > 0 {
			s.printf("and %s with fewer requests; \"%s\" shows those with a code\n", screen.Plural(left, "creative"), typed("coverage CODE"))
		}
	}
	s.tellCoverage(c)
	s.tellShares(c)
	return nil
}

// readable is the largest number of creatives for which the command prints the table to a terminal.
const readable = 40

// writeFile replaces a file only after the whole new content is written. After an error, an
// existing file is unchanged.
func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.Create(path + ".new")
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err // drop the temporary file's name from the error: the user does not know that file
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err = write(file); err == nil {
		err = file.Close()
	} else {
		_ = file.Close() // the error of Close is ignored: err already has the first error
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		_ = os.Remove(path + ".new")
	}
	return err
}

// covered is one row of the coverage chart, as --json prints it.
type covered struct {
	Code      string          `json:"code"`
	Variation int             `json:"variation"`
	Locale    creative.Locale `json:"locale"`
	Cells     []coverage.Cell `json:"cells"`
}

func (s *session) coverageJSON(c coverage.Chart) error {
	for _, row := range c.Rows {
		if err := s.JSON(covered{row.Creative.Code, row.Creative.Variation, row.Locale, row.Cells}); err != nil {
			return err
		}
	}
	return nil
}
