package page

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/advice"
)

// Requests is the list of requests, with its filter and the links to newer and older requests.
type Requests struct {
	Rows           []Row
	Found          int // the number of requests that match the filter
	Newer, Older   string
	Outcome, Code  string
	Outcomes       []Outcome
	Links, Nothing bool
}

// Row is the row of one request.
type Row struct {
	ID, Ago  string
	At       time.Time
	Outcome  Outcome
	Level    Level
	Creative string
	Locale   string
	Target   string
	Kind     creative.Kind
	Shape    Shape
	Affected string
	File     string // the key of the delivered or chosen file, or of the ambiguous file that blocks a skip
	Why      string
	Phases   []Phase
	Course   string // duration, size and speed, such as "1.1 s · 72 MB · 79 MB/s"
	Left     *Left
	Said     string // the result that the platform reported
	Detail   Detail
}

// Phase is one phase of a request's time, such as the upload.
type Phase struct {
	Name   string
	Took   string
	X, W   float64 // the phase's start and width in a bar, in percent of the request's whole time
	Number int
}

// The values of [Phase.Number] for a phase that has not ended. In such a phase, the request is in
// the queue (queued), or a run works on it (busy). The number selects the phase's colour.
const (
	queued = 4
	busy   = 5
)

// Left shows the time until a request expires.
type Left struct {
	Words string
	Arc   float64 // the length of the arc that the page draws for this time; the full circle is 100
	Open  bool
}

// Detail holds the facts about a request that its row does not show.
type Detail struct {
	Facts      []string
	Names      []string
	Candidates []Candidate
	Advice     string
	Put        string
	Commands   []string
}

// Candidate is a file that was considered for a request, and the rule that kept or dropped it.
type Candidate struct {
	Key, Aspect, Locale, Pixels, Size, Placed, Rule string
	Chosen, Fits                                    bool
}

// The largest number of requests on a leaf (a page of the list), and the largest number of candidates
// that are shown for a request.
const (
	leaf          = 12
	maxCandidates = 12
)

func (b *builder) requests() Requests {
	r := Requests{Outcome: b.Outcome, Code: text(b.Code), Outcomes: Outcomes, Links: b.Links && b.Endpoint == ""}
	var found []ledger.Item
	for _, i := range b.Data.Requests {
		slot, _ := creative.ParseKey(i.Slot)
		if (b.Outcome == "" || string(outcomeOf(i)) == b.Outcome) && strings.HasPrefix(slot.Creative.Canonical().String(), creative.CanonicalCode(b.Code)) {
			found = append(found, i)
		}
	}
	r.Found, r.Nothing = len(found), len(b.Data.Requests) == 0
	first := min(max(b.Leaf, 0)*leaf, len(found)/leaf*leaf)
	for _, i := range found[first:min(first+leaf, len(found))] {
		r.Rows = append(r.Rows, b.row(i))
	}
	if b.Links = b.Links || b.Endpoint != ""; b.Links && first > 0 {
		r.Newer = b.link(first/leaf - 1)
	}
	if b.Links && first+leaf < len(found) {
		r.Older = b.link(first/leaf + 1)
	}
	return r
}

// link returns the address of leaf n (a page of the request list) with the same filter. In a
// CloudWatch dashboard, the address is the JSON with which the dashboard calls the widget.
func (b *builder) link(n int) string {
	if b.Endpoint != "" {
		// the error is ignored: texts and numbers can always be encoded
		call, _ := json.Marshal(map[string]any{"leaf": n, "outcome": b.Outcome, "code": b.Code})
		return string(call)
	}
	q := url.Values{}
	for name, value := range map[string]string{"outcome": b.Outcome, "code": b.Code} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if n > 0 {
		q.Set("leaf", strconv.Itoa(n))
	}
	return "?" + q.Encode() + "#requests"
}

func (b *builder) row(i ledger.Item) Row {
	o := outcomeOf(i)
	_, id, _ := strings.Cut(i.ID, "#")
	row := Row{
		ID: id[:min(len(id), 12)], Ago: ago(b.At.Sub(i.ReceivedAt)), At: i.ReceivedAt.UTC(), Outcome: o, Level: o.level(),
		Affected: waitingFor(b.Affected[i.ID]), Said: said(i),
	}
	row.Detail.Facts = b.facts(i)
	row.Detail.Names = listed(b.Affected[i.ID])
	row.Phases, row.Course = b.course(i)
	row.Left = b.left(i)
	slot, err := creative.ParseKey(i.Slot)
	if err != nil {
		row.Creative, row.Why = "unreadable request", text(capability.Redact(i.Detail))
		return row
	}
	if family := creative.Family(i.Target); family.Aspects() != nil {
		slot.Family = family
	} else {
		slot.Aspect = creative.Aspect(i.Target)
	}
	row.Creative, row.Locale, row.Kind = text(slot.Creative.String()), string(slot.Locale), slot.Kind
	row.Target = strings.ReplaceAll(text(i.Target), "_", " ")
	row.Shape = shapeOf(firstOf(slot.Accepts()), slot.Kind)
	choice, known := b.choice(i, slot)
	row.File, row.Why = file(i), b.why(i, slot, choice, known)
	row.Detail.Candidates = candidates(choice, fileKey(i))
	b.advise(&row.Detail, i)
	return row
}

func firstOf(list []creative.Aspect) creative.Aspect {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// fileKey returns the key of the file that was chosen for a request; "" means that none was.
func fileKey(i ledger.Item) string {
	if i.Decision == nil || i.Decision.Skip != "" {
		return ""
	}
	return i.Decision.Key
}

func file(i ledger.Item) string {
	if key := fileKey(i); key != "" {
		return text(key)
	}
	return text(i.Blocker)
}

func (b *builder) facts(i ledger.Item) []string {
	facts := []string{text(i.ID[:min(len(i.ID), 16)])}
	add := func(format string, a ...any) { facts = append(facts, text(fmt.Sprintf(format, a...))) }
	if i.Destination != "" {
		add("from %s", i.Destination)
	}
	if i.Library != "" {
		add("library %s", i.Library)
	}
	if i.Attempts > 1 {
		add("%d tries", i.Attempts)
	}
	if i.SHA256 != "" {
		add("sha256 %s…", i.SHA256[:min(len(i.SHA256), 12)])
	}
	if i.Unconfirmed {
		add("the platform's answer did not confirm the callback")
	}
	if detail := capability.Redact(i.Detail); detail != "" {
		add("%s", shorten(strings.TrimPrefix(i.Code+": "+detail, ": "), 300))
	}
	return facts
}

// listed returns the names of the affected ads, ad sets and campaigns, with a line for each kind.
func listed(n affected.Names) (lines []string) {
	for _, kind := range []struct {
		name string
		list affected.List
	}{{"ads", n.Ads}, {"ad sets", n.AdSets}, {"campaigns", n.Campaigns}} {
		if len(kind.list.Names) == 0 {
			continue
		}
		line := kind.name + ": " + strings.Join(kind.list.Names, ", ")
		if more := kind.list.Count - len(kind.list.Names); more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, text(line))
	}
	return lines
}

func candidates(c masters.Choice, sent string) (list []Candidate) {
	for n, candidate := range c.Candidates {
		if n == maxCandidates {
			break
		}
		m := candidate.Master
		rule := words(string(candidate.Drop))
		switch {
		case candidate.Drop == "" && n == 0:
			rule = "chosen now"
			if m.Key == sent {
				rule = "chosen"
			}
		case candidate.Drop == "":
			rule = "fits, but the chosen file is better: " + better(c.Master, candidate)
		}
		pixels := "–"
		if m.Probed {
			pixels = fmt.Sprintf("%d×%d", m.Width, m.Height)
		}
		list = append(list, Candidate{
			Key: text(m.Key), Aspect: dash(string(m.Aspect)), Locale: dash(string(m.Locale)), Pixels: pixels, Size: size(float64(m.Size)),
			Placed: dash(text(m.Rule)), Rule: rule, Chosen: candidate.Drop == "" && n == 0, Fits: candidate.Drop == "",
		})
	}
	return list
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// advise adds the advice for a request to its detail.
func (b *builder) advise(d *Detail, i ledger.Item) {
	lib, _ := b.library(i)
	a := advice.For(i, lib.Library)
	d.Advice, d.Put = a.Text, text(a.Put)
	for _, c := range a.Commands {
		d.Commands = append(d.Commands, b.command(c.Name, c.Args...))
	}
}
