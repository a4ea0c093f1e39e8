package page_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/page"
)

// crowd is a simulated ledger with many requests, the newest first.
type crowd []ledger.Item

// ByDayUntil returns at most limit requests. All of them arrived on the same day.
func (c crowd) ByDayUntil(_ context.Context, day string, _ time.Time, limit int) ([]ledger.Item, error) {
	if len(c) == 0 || c[0].ReceivedAt.Format(time.DateOnly) != day {
		return nil, nil
	}
	return c[:min(limit, len(c))], nil
}

// Affected returns the same names for each request.
func (c crowd) Affected(_ context.Context, ids []string) (map[string]affected.Names, error) {
	found := map[string]affected.Names{}
	for _, id := range ids {
		found[id] = names("Prospecting", "one", "two")
	}
	return found, nil
}

// crowded returns the sources of a page: a ledger with the given number of requests on one day, and
// a library of 200 creatives.
func crowded(b *testing.B, requests int) page.Sources {
	b.Helper()
	d := newDeck()
	for n := range 200 {
		d.master(fmt.Sprintf("HRT-%d 1 en video 9x16", n))
	}
	blobs := &masterstest.Memory{}
	index := masters.Index{Blobs: blobs}
	for _, doc := range d.Libraries[0].Documents {
		if err := index.SaveDocument(b.Context(), d.Libraries[0].Library, doc, ""); err != nil {
			b.Fatal(err)
		}
	}
	if err := (summary.Keeper{Index: index, Names: blobs}).Refresh(b.Context(), d.Libraries[0].Library); err != nil {
		b.Fatal(err)
	}
	for n := range requests {
		words := fmt.Sprintf("HRT-%d 1 en video 9x16", n%200)
		back := time.Duration(n) * 12 * time.Hour / time.Duration(requests)
		if n%3 == 0 {
			d.ask(back, words, ledger.Skipped, skipped("no_match:aspect"))
		} else {
			d.ask(back, words, ledger.Delivered, sent("a.mp4", 72_100_000, time.Second))
		}
	}
	ledger := crowd(d.Requests)
	return page.Sources{Requests: ledger, Names: ledger, Blobs: blobs, Libraries: []masters.Library{d.Libraries[0].Library}}
}

// BenchmarkPage reads a ledger with many requests, and writes the page and the widget. The time
// that this takes must not grow with the number of requests in the ledger.
func BenchmarkPage(b *testing.B) {
	for _, form := range []struct {
		name  string
		write func(page.Page, *bytes.Buffer) error
	}{
		{"page", func(p page.Page, out *bytes.Buffer) error { return p.Write(out) }},
		{"widget", func(p page.Page, out *bytes.Buffer) error { return p.WriteWidget(out) }},
	} {
		for _, requests := range []int{page.MaxRequests, 10_000} {
			b.Run(fmt.Sprintf("%s/requests=%d", form.name, requests), func(b *testing.B) {
				sources := crowded(b, requests)
				var out bytes.Buffer
				for b.Loop() {
					out.Reset()
					data, err := page.Read(b.Context(), sources, now, time.Time{})
					if err != nil || len(data.Requests) != page.MaxRequests || len(data.Libraries[0].Documents) != 200 {
						b.Fatalf("%d requests, %v", len(data.Requests), err)
					}
					if err := form.write(page.New(data, page.View{}), &out); err != nil || !bytes.Contains(out.Bytes(), []byte("HRT-199")) {
						b.Fatalf("%d bytes, %v", out.Len(), err)
					}
				}
			})
		}
	}
}
