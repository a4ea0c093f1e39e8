package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/views/coverage"
)

var coverageCommand = command{
	name: "coverage", args: "[CODE] [-gaps] [-csv | -json] [-svg FILE]", short: "show which masters there are, which are missing, and what was skipped",
	long: `A line for each creative, locale and kind, a column for each aspect. CODE is what the
creatives' codes begin with. A cell says what a request for it would come to now:

  ok       there (ok 2: the best of two)      lent    another locale's answers (pt for pt-br)
  bad      there, and cannot be delivered     frozen  archived: must be restored first
  ?        the shape of a file is not known   none    missing: another locale has it
  skip 3   asked for, skipped three times, and would be so again
  ·        nobody has it and nobody asked

"other" gathers the aspects that no placement asks for. For the reasons, see -csv or
"ops explain".`,
	define: func(s *session, flags *flag.FlagSet) action {
		var o coverageOptions
		o.library = libraryFlag(flags)
		flags.IntVar(&o.days, "days", 14, "how many `days` of requests are looked at, at most 31; the ledger forgets after 30")
		flags.BoolVar(&o.gaps, "gaps", false, "only creatives and locales that lack something")
		flags.BoolVar(&o.csv, "csv", false, "print a line of CSV for each cell, with reason and key")
		flags.BoolVar(&o.json, "json", false, "print a line of JSON for each creative and locale")
		flags.StringVar(&o.svg, "svg", "", "draw a picture into `FILE` in place of the table")
		return func(ctx context.Context, args []string) error {
			switch {
			case len(args) > 1:
				return fmt.Errorf("%w: at most one CODE", errUsage)
			case o.days < 0 || o.days > 31:
				return fmt.Errorf("%w: -days is 0 to 31", errUsage)
			case o.csv && o.json:
				return fmt.Errorf("%w: -csv or -json, and not both", errUsage)
			}
			if len(args) == 1 {
				o.code = args[0]
			}
			return s.coverage(ctx, o)
		}
	},
}

type coverageOptions struct {
	library         *string
	code, svg       string
	days            int
	gaps, csv, json bool
}

func (s *session) coverage(ctx context.Context, o coverageOptions) error {
	d, err := s.deployment(ctx)
	if err != nil {
		return err
	}
	lib, err := s.library(ctx, d, *o.library)
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
		fmt.Fprintf(s.err, "no creative begins with %s\n", printable(o.code))
		if !o.csv && !o.json {
			return nil
		}
	}
	if o.gaps {
		chart = chart.Gaps()
	}
	return s.showCoverage(chart, o)
}

// documents is the index's bucket, to list it.
func (s *session) documents(d deployment) masters.Lister {
	return s3store.Bucket{Client: s.s3(), Name: d.index}
}

// warnUnbuilt tells if the index may lack something.
func (s *session) warnUnbuilt(ctx context.Context, d deployment, lib masters.Library) error {
	state, _, err := s.index(d).State(ctx, lib)
	if err == nil && !state.Current(lib) {
		s.warn("%s", unbuilt)
	}
	return err
}

const unbuilt = "the library's index is not built whole by the current rules: a master may be missing, and no request is skipped"

// asks reads what was asked for of the library.
func (s *session) asks(ctx context.Context, d deployment, lib masters.Library, o coverageOptions) (asks []coverage.Ask, err error) {
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	for _, day := range lastDays(s.now(), o.days) {
		items, err := store.ByDay(ctx, day, scanned)
		if err != nil {
			return nil, err
		}
		if len(items) == scanned {
			s.warn("only the newest %d requests of %s were looked at", scanned, day)
		}
		for _, i := range items {
			if a, ok := coverage.AskOf(i); ok && i.Library == lib.Name && a.Of(o.code) {
				asks = append(asks, a)
			}
		}
	}
	return asks, nil
}

// showCoverage prints or draws the chart as it is wanted.
func (s *session) showCoverage(c coverage.Chart, o coverageOptions) error {
	if o.svg != "" {
		if err := writeFile(o.svg, func(w io.Writer) error { return coverage.WriteSVG(w, c) }); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "written to %s\n", o.svg)
	}
	switch {
	case o.csv:
		return coverage.WriteCSV(s.out, c)
	case o.json:
		return coverageJSON(s.out, c)
	case o.svg == "":
		if err := s.print(coverageTable(c)); err != nil {
			return err
		}
	}
	s.tellCoverage(c)
	return nil
}

// writeFile writes a file whole, or leaves what was there.
func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.Create(path + ".new")
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err // it names a file that nobody told
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err = write(file); err == nil {
		err = file.Close()
	} else {
		_ = file.Close() // the error before it is the one to tell
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		_ = os.Remove(path + ".new")
	}
	return err
}

// covered is a row as JSON has it.
type covered struct {
	Code      string          `json:"code"`
	Variation int             `json:"variation"`
	Locale    creative.Locale `json:"locale"`
	Cells     []coverage.Cell `json:"cells"`
}

func coverageJSON(w io.Writer, c coverage.Chart) error {
	e := json.NewEncoder(w)
	for _, row := range c.Rows {
		if err := e.Encode(covered{row.Creative.Code, row.Creative.Variation, row.Locale, row.Cells}); err != nil {
			return err
		}
	}
	return nil
}
