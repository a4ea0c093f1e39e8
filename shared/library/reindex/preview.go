package reindex

import (
	"context"
	"fmt"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// Preview lists the changes that indexing a library by its present rules would make. It compares
// only the keys in the bucket with the index. It assumes that files whose labels state the creative
// keep their creative.
type Preview struct {
	Keys     int     `json:"keys"` // number of keys that were compared
	Placed   Changes `json:"newlyPlaced"`
	Unplaced Changes `json:"noLongerPlaced"`
	Moved    Changes `json:"moved"` // keys that move to another creative or another locale
	// Documents is the number of documents that list masters. Emptied is the number of them that
	// would lose all masters.
	Documents int `json:"documents"`
	Emptied   int `json:"emptied"`
}

// Changes holds the number of changes of one kind, with examples.
type Changes struct {
	Keys     int      `json:"keys"`
	Examples []string `json:"examples,omitempty"` // one line of text for each of the first 3 changes
}

// maxExamples is the largest number of examples that a preview contains for each kind of change.
const maxExamples = 3

// NewPreview compares the placement in the index with the placement by the present rules, for
// each key of a library. The parameter documents lists the index bucket, the parameter bucket the
// masters bucket.
func NewPreview(ctx context.Context, index masters.Index, documents, bucket masters.Lister, lib masters.Library) (Preview, error) {
	type place struct {
		creative creative.Creative
		locale   creative.Locale
		labelled bool
		lost     *bool // *lost is true if the document that lists the key would lose all its masters
	}
	before := map[string]place{}
	var lost []*bool // one value for each document: true if the document would lose all its masters
	err := index.EachDocument(ctx, documents, lib, "", func(d masters.Document) {
		if len(d.Masters) == 0 {
			return
		}
		lost = append(lost, new(true))
		for _, m := range d.Masters {
			before[m.Key] = place{creative.Creative{Code: d.Code, Variation: d.Variation}, m.Locale, m.Rule == masters.RuleLabels, lost[len(lost)-1]}
		}
	})
	if err != nil {
		return Preview{}, err
	}
	var p Preview
	for entry, err := range bucket.List(ctx, lib.Prefix) {
		if err != nil {
			return Preview{}, err
		}
		p.Keys++
		was, listed := before[entry.Key]
		now := lib.Place(entry.Key, entry.Size)
		at := fmt.Sprintf("%s %s", now.Creative, now.Locale)
		if listed && (was.labelled || now.Unplaced == "" && now.Creative.Same(was.creative)) {
			*was.lost = false
		}
		switch {
		case was.labelled:
		case listed && now.Unplaced != "":
			p.Unplaced.add("%s, now at %s: %s", entry.Key, was.creative, now.Unplaced)
		case !listed && now.Unplaced == "":
			p.Placed.add("%s at %s", entry.Key, at)
		case listed && (!now.Creative.Same(was.creative) || now.Locale != was.locale):
			p.Moved.add("%s from %s %s to %s", entry.Key, was.creative, was.locale, at)
		}
	}
	p.Documents = len(lost)
	for _, all := range lost {
		if *all {
			p.Emptied++
		}
	}
	return p, nil
}

func (c *Changes) add(format string, parts ...any) {
	if c.Keys++; len(c.Examples) < maxExamples {
		c.Examples = append(c.Examples, fmt.Sprintf(format, parts...))
	}
}
