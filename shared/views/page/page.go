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

// View is how somebody looks at a page. The zero value is all of a snapshot.
type View struct {
	Name   string // of the deployment
	Script string // address of a script that keeps the page fresh; "" is none
	// Links are there to filter the requests and to leaf through them: the page is served.
	Links   bool
	Outcome string // only requests of this outcome, "" is all
	Code    string // only requests of creatives that begin so, in any letter case
	Leaf    int    // of the requests, from 0
	// From and To are the time that figures and charts are of; zero: the last 24 hours.
	From, To time.Time
	// Endpoint is the function that answers a dashboard of CloudWatch; "" is no dashboard.
	Endpoint string
	Theme    string // "light" or "dark"; "" is the reader's own
	// Type returns a command of masterhand as it can be typed; nil writes "masterhand" before it.
	Type func(command string) string
}

// Page is what is shown, in words and figures.
type Page struct {
	Name     string
	Script   string
	Endpoint string
	Theme    string
	At       time.Time
	Since    string // what the figures are of
	Health   Health
	Numbers  []Number
	Requests Requests
	Next     []Todo
	Folded   []Todo // after Next
	Maps     []Map
	Lanes    Lanes
	Hours    Hours
}

// Level is how much something wants a human's eye; it names a colour.
type Level string

// The levels.
const (
	Good Level = "good"
	Busy Level = "busy"
	Poor Level = "poor"
	Bad  Level = "bad"
	Calm Level = "calm"
)

// Health is the page's headline.
type Health struct {
	Level    Level
	Word     string // "all well"
	Sentence []Part
}

// Part is a part of a sentence: a number and what it counts.
type Part struct{ Strong, Text string }

// Number is one of the page's figures.
type Number struct {
	Label, Value, Note string
	Level              Level
	Spark              *Spark
}

// window is how far back the figures go unless a time is given.
const window = 24 * time.Hour

// builder holds what the parts of a page share.
type builder struct {
	Data
	View
	recent []ledger.Item // within the time, tries of the deployment left out
	// The charts have this many columns from start on, each of a step's length.
	start  time.Time
	step   time.Duration
	charts []coverage.Chart
}

// New reckons what the data come to.
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

// span sets the time that figures and charts are of.
func (b *builder) span() {
	if !b.From.IsZero() && b.To.After(b.From) {
		b.start, b.step = b.From.UTC(), b.To.Sub(b.From)/hours
		return
	}
	b.From, b.To = b.At.Add(-window), b.At
	b.start, b.step = b.At.Truncate(time.Hour).Add(-(hours-1)*time.Hour), time.Hour
}

// hourly reports whether each column of the charts is an hour of the clock.
func (b *builder) hourly() bool {
	return b.step == time.Hour && b.start.Equal(b.start.Truncate(time.Hour))
}

// isTry reports a request by which somebody tried the deployment, or a result of no request.
func isTry(i ledger.Item) bool {
	if i.State == ledger.Malformed {
		return false
	}
	_, asks := coverage.AskOf(i)
	return !asks
}

// chart surveys a library.
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

// since says what the figures are of.
func (b *builder) since() string {
	if oldest := len(b.recent); b.Cut && oldest > 0 && oldest == len(b.Data.Requests) {
		return fmt.Sprintf("the newest %d requests, since %s", oldest, b.recent[oldest-1].ReceivedAt.UTC().Format("15:04 UTC on 2 January"))
	}
	if b.hourly() {
		return "last 24 hours"
	}
	return b.From.UTC().Format("2 Jan 15:04") + " to " + b.To.UTC().Format("2 Jan 15:04 UTC")
}

// outcomes counts the requests of the window by outcome.
func (b *builder) outcomes() map[Outcome]int {
	counts := map[Outcome]int{}
	for _, i := range b.recent {
		counts[outcomeOf(i)]++
	}
	return counts
}

// tooLong is after what time a request that still waits wants a human's eye.
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
		h.Level, h.Word = Bad, "needs a look"
	case n[Rejected]+n[TooLate]+late > 0:
		h.Level, h.Word = Poor, "needs a look"
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
	add(n[Elsewhere]+n[Superseded], "met by another", "met by others")
	add(n[Skipped], "had no master", "had no master")
	add(waiting, "is open", "are open")
	add(n[Rejected], "was rejected by the platform", "were rejected by the platform")
	add(n[TooLate], "came too late", "came too late")
	add(n[Failed], "failed", "failed")
	add(n[Unusable], "could not be read", "could not be read")
	return h
}

func (b *builder) numbers() []Number {
	n := b.outcomes()
	ended := len(b.recent) - n[Waiting] - n[Working] - n[Sending] - n[Confirming]
	delivered := Number{Label: "Delivered", Value: grouped(n[Delivered]), Note: "nothing has ended yet", Level: Calm}
	if ended > 0 {
		delivered.Note = fmt.Sprintf("%d %% of what has ended", n[Delivered]*100/ended)
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
	speed := Number{Label: "Webhook to done", Value: "–", Note: "nothing delivered yet", Level: Calm}
	if len(took) > 0 {
		speed.Value, speed.Note = seconds(took[len(took)/2]), "median; slowest "+seconds(took[len(took)-1])
	}
	rate := Number{Label: "Rate of a delivery", Value: "–", Note: "nothing delivered yet", Level: Calm}
	if len(rates) > 0 {
		rate.Value, rate.Note = size(rates[len(rates)/2])+"/s", "median"
	}
	moved := Number{Label: "Moved", Value: size(bytes), Note: "data out about $" + fmt.Sprintf("%.2f", bytes/1e9*dataOut), Level: Calm, Spark: newSpark(spark)}
	return []Number{delivered, b.missing(), speed, moved, rate}
}

// dataOut is what AWS takes for a gigabyte to the internet, in dollars (Amazon S3 pricing, the
// first 10 TB of a month in most regions).
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
	n := Number{Label: "Missing and asked for", Value: grouped(files), Note: "nothing that was asked for is missing", Level: Good}
	if files > 0 {
		n.Note, n.Level = "files", Bad
		if files == 1 {
			n.Note = "file"
		}
		if ads := names.Ads.Count; ads > 0 {
			n.Note += "; they hold back " + plural(ads, "ad")
			if in := names.Campaigns.Count; in > 0 {
				n.Note += " in " + plural(in, "campaign")
			}
		}
	}
	return n
}

// waitingFor says who waits, "" where nobody is known.
func waitingFor(n affected.Names) string { return text(n.Words()) }

// library returns the library of a request.
func (b *builder) library(i ledger.Item) (Library, bool) {
	for _, lib := range b.Libraries {
		if lib.Name == i.Library {
			return lib, true
		}
	}
	return Library{}, false
}

// choice returns what the library would answer a request now.
func (b *builder) choice(i ledger.Item, slot creative.Slot) (masters.Choice, bool) {
	lib, known := b.library(i)
	doc, has := lib.Documents[slot.Creative.Canonical()]
	if !known || !has {
		return masters.Choice{}, false
	}
	return masters.Choose(doc, slot, lib.Library), true
}
