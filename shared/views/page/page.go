package page

import (
	"fmt"
	"slices"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/coverage"
)

// View says what part of the data to show and how. The zero value shows all data as a static page.
type View struct {
	Name   string // the deployment's name
	Script string // the URL of a script that refreshes the page; "" means no script
	// Links reports whether the page has a filter form and links to older requests. Only a server can
	// answer these; a static page must not have them.
	Links   bool
	Outcome string // shows only requests with this outcome; "" shows all
	Code    string // shows only requests whose creative begins with this text, in any letter case
	Leaf    int    // which page of the request list is shown, counted from 0
	// From and To are the start and the end of the time that the figures and charts cover. Zero
	// values mean the last 24 hours.
	From, To time.Time
	// Endpoint is the ARN of the function behind a CloudWatch dashboard widget; "" means that the
	// page is not a widget.
	Endpoint string
	Theme    string // "light" or "dark"; "" follows the reader's browser
	// Type returns the command line that a person must type for a masterhand command. If it is nil,
	// the command line is "masterhand" and the command.
	Type func(command string) string
}

// Page holds the words and figures that the page shows.
type Page struct {
	Name     string
	Script   string
	Endpoint string
	Theme    string
	At       time.Time
	Since    string // the period that the figures cover, in words
	Health   Health
	Numbers  []Number
	Requests Requests
	Next     []Todo
	Folded   []Todo // the entries that follow those in Next; the page shows them only after a click
	Maps     []Map
	Lanes    Lanes
	Hours    Hours
}

// Level says how urgently something needs attention. It selects the colour.
type Level string

// The values of Level, which say how urgently something on the page needs attention.
const (
	Good Level = "good"
	Busy Level = "busy"
	Poor Level = "poor"
	Bad  Level = "bad"
	Calm Level = "calm"
)

// Health is the overall state of the deployment, in one word and one sentence at the page's top.
type Health struct {
	Level    Level
	Word     string // the overall state, such as "all well"
	Sentence []Part
}

// Part is a part of the sentence in [Health]: Strong is a number, Text the words that follow it.
type Part struct{ Strong, Text string }

// Number is one of the page's figures, such as the number of deliveries.
type Number struct {
	Label, Value, Note string
	Level              Level
	Spark              *Spark
}

// window is the length of the time that the figures cover if the view sets neither From nor To.
const window = 24 * time.Hour

// builder holds the data that all parts of a page use.
type builder struct {
	Data
	View
	recent []ledger.Item // the requests from From to To, without smoke tests
	// The field start is the time at which the charts begin; step is the length of time that each
	// column covers.
	start  time.Time
	step   time.Duration
	charts []coverage.Chart
}

// New computes the page that shows the data d as the view v requires.
func New(d Data, v View) Page {
	b := &builder{Data: d, View: v}
	if b.Type == nil {
		b.Type = func(command string) string { return "masterhand " + command }
	}
	b.Data.Requests = slices.DeleteFunc(slices.Clone(d.Requests), isTry)
	b.span()
	for _, i := range b.Data.Requests {
		if i.ReceivedAt.After(b.From) && !i.ReceivedAt.After(b.To) {
			b.recent = append(b.recent, i)
		}
	}
	for _, lib := range d.Libraries {
		b.charts = append(b.charts, b.chart(lib))
	}
	p := Page{Name: text(v.Name), Script: v.Script, Endpoint: v.Endpoint, Theme: v.Theme, At: d.At, Since: b.since(), Requests: b.requests(), Lanes: b.lanes(), Hours: b.hours()}
	p.Health = b.health()
	p.Numbers = b.numbers()
	p.Next, p.Folded = b.todo()
	for n, lib := range d.Libraries {
		p.Maps = append(p.Maps, heatMap(b.charts[n], lib, len(d.Libraries) > 1))
	}
	return p
}

// span sets the start and the end of the time that the figures and the charts cover.
func (b *builder) span() {
	if !b.From.IsZero() && b.To.After(b.From) {
		b.start, b.step = b.From.UTC(), b.To.Sub(b.From)/hours
		return
	}
	b.From, b.To = b.At.Add(-window), b.At
	b.start, b.step = b.At.Truncate(time.Hour).Add(-(hours-1)*time.Hour), time.Hour
}

// hourly reports whether each chart column is exactly one clock hour.
func (b *builder) hourly() bool {
	return b.step == time.Hour && b.start.Equal(b.start.Truncate(time.Hour))
}

// isTry reports whether the page must leave out the item, because it is a smoke test or a result
// that matched no request.
func isTry(i ledger.Item) bool {
	if i.State == ledger.Malformed {
		return false
	}
	_, asks := coverage.AskOf(i)
	return !asks
}

// chart returns the coverage of a library.
func (b *builder) chart(lib Library) coverage.Chart {
	var asks []coverage.Ask
	for _, i := range b.Data.Requests {
		if a, ok := coverage.AskOf(i); ok && i.Library == lib.Name {
			a.Affected = b.Affected[i.ID]
			asks = append(asks, a)
		}
	}
	survey := coverage.New(lib.Library, asks)
	for _, doc := range lib.Documents {
		survey.Add(doc)
	}
	return survey.Chart()
}

// since describes in words the time that the figures cover.
func (b *builder) since() string {
	if oldest := len(b.recent); b.Cut && oldest > 0 && oldest == len(b.Data.Requests) {
		return fmt.Sprintf("the newest %d requests, since %s", oldest, b.recent[oldest-1].ReceivedAt.UTC().Format("15:04 UTC on 2 January"))
	}
	if b.hourly() {
		return "last 24 hours"
	}
	return b.From.UTC().Format("2 Jan 15:04") + " to " + b.To.UTC().Format("2 Jan 15:04 UTC")
}

// outcomes returns the number of requests of each outcome, in the time that the figures cover.
func (b *builder) outcomes() map[Outcome]int {
	counts := map[Outcome]int{}
	for _, i := range b.recent {
		counts[outcomeOf(i)]++
	}
	return counts
}

// tooLong is the time after which an open request needs attention.
const tooLong = 5 * time.Minute

func (b *builder) health() Health {
	n := b.outcomes()
	waiting, late := n[Waiting]+n[Working]+n[Sending]+n[Confirming], 0
	for _, i := range b.recent {
		if !i.State.Ended() && b.At.Sub(i.ReceivedAt) > tooLong {
			late++
		}
	}
	h := Health{Good, "all well", nil}
	switch {
	case n[Failed]+n[Unusable] > 0:
		h.Level, h.Word = Bad, "needs attention"
	case n[Rejected]+n[TooLate]+late > 0:
		h.Level, h.Word = Poor, "needs attention"
	case len(b.recent) == 0:
		h.Level, h.Word = Calm, "quiet"
	}
	add := func(n int, one, many string) {
		text := many
		if n == 1 {
			text = one
		}
		if n > 0 {
			h.Sentence = append(h.Sentence, Part{grouped(n), text})
		}
	}
	add(len(b.recent), "request", "requests")
	add(n[Delivered], "delivered", "delivered")
	add(n[Elsewhere]+n[Superseded], "got a file from elsewhere", "got files from elsewhere")
	add(n[Skipped], "had no master", "had no master")
	add(waiting, "is open", "are open")
	add(n[Rejected], "was rejected by the platform", "were rejected by the platform")
	add(n[TooLate], "expired", "expired")
	add(n[Failed], "failed", "failed")
	add(n[Unusable], "could not be read", "could not be read")
	return h
}

func (b *builder) numbers() []Number {
	n := b.outcomes()
	ended := len(b.recent) - n[Waiting] - n[Working] - n[Sending] - n[Confirming]
	delivered := Number{Label: "Delivered", Value: grouped(n[Delivered]), Note: "no request has ended yet", Level: Calm}
	if ended > 0 {
		delivered.Note = fmt.Sprintf("%d %% of all ended requests", n[Delivered]*100/ended)
	}
	var took, rates []float64
	var bytes float64
	spark := make([]float64, 24)
	for _, i := range b.recent {
		if i.State != ledger.Delivered || i.Decision == nil {
			continue
		}
		size := float64(i.Decision.Size)
		bytes += size
		spark[b.column(i.ReceivedAt)] += size
		if !i.EndedAt.IsZero() {
			took = append(took, i.EndedAt.Sub(i.ReceivedAt).Seconds())
		}
		if sending := i.UploadedAt.Sub(i.DecidedAt); !i.DecidedAt.IsZero() && sending > 0 {
			rates = append(rates, size/sending.Seconds())
		}
	}
	slices.Sort(took)
	slices.Sort(rates)
	speed := Number{Label: "Time per delivery", Value: "–", Note: "nothing delivered yet", Level: Calm}
	if len(took) > 0 {
		speed.Value, speed.Note = seconds(took[len(took)/2]), "median; the longest "+seconds(took[len(took)-1])
	}
	rate := Number{Label: "Upload speed", Value: "–", Note: "nothing delivered yet", Level: Calm}
	if len(rates) > 0 {
		rate.Value, rate.Note = size(rates[len(rates)/2])+"/s", "median"
	}
	moved := Number{Label: "Data uploaded", Value: size(bytes), Note: "AWS charges about $" + fmt.Sprintf("%.2f", bytes/1e9*dataOut), Level: Calm, Spark: newSpark(spark)}
	return []Number{delivered, b.missing(), speed, moved, rate}
}

// dataOut is the AWS price for sending a gigabyte to the internet, in dollars (Amazon S3 pricing,
// the first 10 TB of a month in most regions).
const dataOut = 0.09

func (b *builder) missing() Number {
	files := 0
	var names affected.Names
	for _, c := range b.charts {
		files += len(c.Gaps)
		for _, g := range c.Gaps {
			names = names.With(g.Affected)
		}
	}
	n := Number{Label: "Files to make", Value: grouped(files), Note: "no requested file is missing", Level: Good}
	if files > 0 {
		n.Note, n.Level = "requested files are missing", Bad
		if files == 1 {
			n.Note = "requested file is missing"
		}
		if ads := names.Ads.Count; ads > 0 {
			n.Note += "; " + plural(ads, "ad") + " affected"
			if in := names.Campaigns.Count; in > 0 {
				n.Note += " in " + plural(in, "campaign")
			}
		}
	}
	return n
}

// waitingFor names the ads that wait for a file; it returns "" if none is known.
func waitingFor(n affected.Names) string { return text(n.Words()) }

// library returns the library of a request. It returns false if the data do not contain that library.
func (b *builder) library(i ledger.Item) (Library, bool) {
	for _, lib := range b.Libraries {
		if lib.Name == i.Library {
			return lib, true
		}
	}
	return Library{}, false
}

// choice returns the master that a request would get now. It returns false if the data do not
// contain the library or the creative.
func (b *builder) choice(i ledger.Item, slot creative.Slot) (masters.Choice, bool) {
	lib, known := b.library(i)
	doc, has := lib.Documents[slot.Creative.Canonical()]
	if !known || !has {
		return masters.Choice{}, false
	}
	return masters.Choose(doc, slot, lib.Library), true
}
