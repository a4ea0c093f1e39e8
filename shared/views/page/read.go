// Package page shows a deployment on one page: the requests and how they ended, the files to make
// next, the coverage of the libraries, and the announcements of other platforms.
//
// [Read] reads the data, [New] computes the page, [Page.Write] writes HTML and SVG without scripts.
// Invariants:
//
//   - The number of reads is bounded: the newest requests and one summary of each library,
//     however many requests and creatives exist.
//   - The page never contains a URL, a secret or a token. Texts that strangers wrote are always
//     escaped.
//   - The page counts only the requests that it has read, and states the time since which these
//     requests arrived.
//
// For example:
//
//	data, err := page.Read(ctx, sources, time.Now())
//	err = page.New(data, page.View{}).Write(w)
package page

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
)

// The limits of a read.
const (
	MaxRequests  = 500
	maxTimelines = 100 // the largest number of timelines that are read per sender and day
	days         = 7   // the number of days for which requests are read
	lanesBack    = 24 * time.Hour
)

// Sources are the stores that a page reads. If Names is nil, the page shows no affected ads. If
// Timelines or Senders is nil, it shows no announcements.
type Sources struct {
	Requests interface {
		ByDayUntil(ctx context.Context, day string, until time.Time, limit int) ([]ledger.Item, error)
	}
	Names interface {
		Affected(ctx context.Context, ids []string) (map[string]affected.Names, error)
	}
	Blobs     masters.Blobs // the store of the index documents and summaries
	Libraries []masters.Library
	Timelines interface {
		ByDay(ctx context.Context, sender, day string, limit int) ([]timeline.Timeline, error)
	}
	Senders []string
}

// Data holds everything that a page is computed from.
type Data struct {
	At        time.Time
	Requests  []ledger.Item // the newest requests, the newest first
	Cut       bool          // reports whether the limit MaxRequests may have cut off older requests
	Affected  map[string]affected.Names
	Libraries []Library
	Timelines []timeline.Timeline
	Revisions []string // the revision of each library's summary
}

// Library is a library with its index documents.
type Library struct {
	masters.Library
	Documents map[creative.Creative]masters.Document
	Left      int // the number of documents that the summary does not contain
}

// Read reads the data of a page: the newest requests that arrived no later than until, and the
// announcements that arrived on the day of until or on the day before. If until is the zero value
// or is later than now, Read uses now instead.
func Read(ctx context.Context, s Sources, now, until time.Time) (Data, error) {
	if until.IsZero() || until.After(now) {
		until = now
	}
	until = until.UTC()
	d := Data{At: now.UTC(), Libraries: make([]Library, len(s.Libraries)), Revisions: make([]string, len(s.Libraries))}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return d.readRequests(inner, s, until) })
	for i, lib := range s.Libraries {
		group.Go(func() (err error) {
			d.Libraries[i], d.Revisions[i], err = readLibrary(inner, s.Blobs, lib)
			return err
		})
	}
	if s.Timelines != nil {
		group.Go(func() error { return d.readTimelines(inner, s, until) })
	}
	return d, group.Wait()
}

// readRequests reads the newest requests, one day after another, and the names of the ads that wait
// for them. It begins with the newest day.
func (d *Data) readRequests(ctx context.Context, s Sources, until time.Time) error {
	for back := range days {
		items, err := s.Requests.ByDayUntil(ctx, until.AddDate(0, 0, -back).Format(time.DateOnly), until, MaxRequests-len(d.Requests))
		if err != nil {
			return err
		}
		d.Requests = append(d.Requests, items...)
		if d.Cut = len(d.Requests) >= MaxRequests; d.Cut {
			break
		}
	}
	if s.Names == nil || len(d.Requests) == 0 {
		return nil
	}
	ids := make([]string, len(d.Requests))
	for i, item := range d.Requests {
		ids[i] = item.ID
	}
	var err error
	d.Affected, err = s.Names.Affected(ctx, ids)
	return err
}

func readLibrary(ctx context.Context, blobs masters.Blobs, lib masters.Library) (Library, string, error) {
	read := Library{Library: lib, Documents: map[creative.Creative]masters.Document{}}
	s, revision, err := summary.Load(ctx, blobs, lib)
	read.Left = s.Left
	for _, e := range s.Entries {
		if e.Omitted {
			read.Left++
			continue
		}
		read.Documents[creative.Creative{Code: e.Document.Code, Variation: e.Document.Variation}.Canonical()] = e.Document
	}
	return read, revision, err
}

func (d *Data) readTimelines(ctx context.Context, s Sources, until time.Time) error {
	for at := until; !at.Before(until.Add(-lanesBack).Truncate(24 * time.Hour)); at = at.AddDate(0, 0, -1) {
		for _, sender := range s.Senders {
			some, err := s.Timelines.ByDay(ctx, sender, at.Format(time.DateOnly), maxTimelines)
			if err != nil {
				return err
			}
			d.Timelines = append(d.Timelines, some...)
		}
	}
	slices.SortFunc(d.Timelines, func(a, b timeline.Timeline) int {
		return cmp.Or(cmp.Compare(a.Sender, b.Sender), a.ReceivedAt.Compare(b.ReceivedAt))
	})
	return nil
}
