package page

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
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

// Outcome is how a request stands, in a word.
type Outcome string

// The outcomes.
const (
	Working    Outcome = "working"
	Sending    Outcome = "sending"
	Confirming Outcome = "confirming"
	Waiting    Outcome = "waiting"
	Delivered  Outcome = "delivered"
	Rejected   Outcome = "rejected"
	Skipped    Outcome = "skipped"
	TooLate    Outcome = "too late"
	Failed     Outcome = "failed"
	Superseded Outcome = "superseded"
	Elsewhere  Outcome = "met elsewhere"
	Unusable   Outcome = "unreadable"
)

// Outcomes are all outcomes, for a choice of one.
var Outcomes = []Outcome{Waiting, Working, Sending, Confirming, Delivered, Rejected, Skipped, TooLate, Failed, Superseded, Elsewhere, Unusable}

func outcomeOf(i ledger.Item) Outcome {
	switch i.State {
	case ledger.Queued:
		return Waiting
	case ledger.Uploaded:
		return Confirming
	case ledger.Delivered:
		if i.ResultClass == ledger.ClassRejected {
			return Rejected
		}
		return Delivered
	case ledger.Skipped:
		return Skipped
	case ledger.Expired:
		return TooLate
	case ledger.Failed:
		return Failed
	case ledger.Superseded:
		return Superseded
	case ledger.FulfilledElsewhere:
		return Elsewhere
	case ledger.Malformed:
		return Unusable
	}
	if i.Decision != nil && i.Decision.Skip == "" {
		return Sending
	}
	return Working
}

// level is the outcome's colour.
func (o Outcome) level() Level {
	switch o {
	case Delivered, Elsewhere, Superseded:
		return Good
	case Working, Sending, Confirming:
		return Busy
	case Waiting, Rejected, TooLate:
		return Poor
	}
	return Bad
}

// Requests are the requests that are shown.
type Requests struct {
	Rows           []Row
	Found          int // that the filter lets through
	Newer, Older   string
	Outcome, Code  string
	Outcomes       []Outcome
	Links, Nothing bool
}

// Row is a request.
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
	File     string // delivered, or to be
	Why      string
	Phases   []Phase
	Course   string // "1.1 s · 72 MB · 79 MB/s"
	Left     *Left
	Said     string // by the platform
	Detail   Detail
}

// Phase is a part of the time that a request took.
type Phase struct {
	Name   string
	Took   string
	X, W   float64 // in percent
	Number int
}

// The numbers of the phases that have not ended.
const (
	queued = 4
	busy   = 5
)

// Left is the time until a request expires.
type Left struct {
	Words string
	Arc   float64 // of a circle whose length is 100
	Open  bool
}

// Detail is what there is to know of a request beyond its row.
type Detail struct {
	Facts      []string
	Names      []string
	Candidates []Candidate
	Advice     string
	Put        string
	Commands   []string
}

// Candidate is a file that was considered, and the rule that decided.
type Candidate struct {
	Key, Aspect, Locale, Pixels, Size, Placed, Rule string
	Chosen, Fits                                    bool
}

// The bounds of a leaf, and of a row's candidates.
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

// link returns the address of another leaf with the same filter.
func (b *builder) link(n int) string {
	if b.Endpoint != "" {
		call, _ := json.Marshal(map[string]any{"leaf": n, "outcome": b.Outcome, "code": b.Code}) // texts and a number
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

// fileKey is the key of the file that is, or was, to be sent.
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

// why says why a request stands as it does.
func (b *builder) why(i ledger.Item, slot creative.Slot, choice masters.Choice, known bool) string {
	switch {
	case fileKey(i) != "" && known && choice.Verdict == masters.Deliver && choice.Master.Key == fileKey(i):
		return chosen(choice)
	case fileKey(i) != "" && i.State != ledger.Failed:
		return "chosen when it was asked for; the library has changed since"
	case i.State == ledger.Skipped && i.Decision != nil:
		return lacks(i.Decision.Skip, slot, choice)
	case i.Blocker != "":
		return "may be the file: " + words(i.Code)
	}
	return strings.Trim(words(i.Code)+": "+shorten(text(capability.Redact(i.Detail)), 160), ": ")
}

// words turns a code for machines into words.
func words(code string) string { return text(strings.NewReplacer("_", " ", ":", ": ").Replace(code)) }

func shorten(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	return string(letters[:n-1]) + "…"
}

// chosen says why a file was chosen among those that fit.
func chosen(c masters.Choice) string {
	fit := 0
	for _, candidate := range c.Candidates {
		if candidate.Drop == "" {
			fit++
		}
	}
	if fit == 1 {
		return fmt.Sprintf("the only one that fits, of %d", len(c.Candidates))
	}
	second := c.Candidates[1]
	return fmt.Sprintf("best of %d that fit, of %d: %s", fit, len(c.Candidates), better(c.Master, second))
}

// better says by which rule the chosen master goes before another.
func better(m masters.Master, second masters.Candidate) string {
	switch second.Behind {
	case masters.ByLocale:
		return fmt.Sprintf("%s goes before %s", m.Locale, second.Master.Locale)
	case masters.ByAspect:
		return fmt.Sprintf("%s is preferred to %s", m.Aspect, second.Master.Aspect)
	case masters.ByConflict:
		return "its name says what its pixels are"
	case masters.ByCopy:
		return "the others are copies"
	case masters.ByPixels:
		return "it has the most pixels"
	case masters.ByAge:
		return "it is the newest"
	}
	return "the first by name"
}

// lacks says of a skip what was missing.
func lacks(reason string, slot creative.Slot, c masters.Choice) string {
	var has []string
	for _, candidate := range c.Candidates {
		m := candidate.Master
		if name := strings.TrimSpace(string(m.Locale) + " " + string(m.Aspect)); m.Kind == slot.Kind && name != "" && !slices.Contains(has, name) {
			has = append(has, name)
		}
	}
	_, what, _ := strings.Cut(reason, "no_match:")
	switch {
	case what == "":
		return words(reason)
	case len(has) == 0:
		return fmt.Sprintf("no %s of it", slot.Kind)
	}
	slices.Sort(has)
	more := ""
	if len(has) > 5 {
		has, more = has[:5], " …"
	}
	return fmt.Sprintf("no %s %s; there is %s%s", slot.Locale, strings.ReplaceAll(slot.Placement(), "_", " "), strings.Join(has, ", "), more)
}

// said is what the platform reported of a request, in a few words.
func said(i ledger.Item) string {
	switch i.ResultClass {
	case ledger.ClassFulfilled:
		return "kept by the platform"
	case ledger.ClassTimedOut:
		return "timed out at the platform"
	case ledger.ClassRejected:
		var result struct {
			Reason  any `json:"reason"`
			Reasons any `json:"reasons"`
		}
		_ = json.Unmarshal(i.Result, &result) // a result that says nothing has no reason
		if reason, is := result.Reason.(string); is {
			return "rejected: " + shorten(words(reason), 120)
		}
		return "rejected by the platform"
	}
	return ""
}

// course says how a request spent its time.
func (b *builder) course(i ledger.Item) ([]Phase, string) {
	end := i.EndedAt
	if !i.State.Ended() {
		end = b.At
	}
	if end.IsZero() || !end.After(i.ReceivedAt) {
		return nil, sent(i, 0)
	}
	whole := end.Sub(i.ReceivedAt)
	var phases []Phase
	x := 0.0
	from := i.ReceivedAt
	for n, step := range []struct {
		name string
		to   time.Time
	}{{"wait", i.ClaimedAt}, {"choose", i.DecidedAt}, {"send", i.UploadedAt}, {"confirm", end}} {
		to := step.to
		if n < 3 && to.IsZero() || to.Before(from) {
			continue
		}
		if took := to.Sub(from); took > 0 {
			w := float64(took) / float64(whole) * 100
			phases = append(phases, Phase{step.name, seconds(took.Seconds()), x, w, n})
			x += w
		}
		from = to
	}
	if last := len(phases) - 1; last >= 0 && phases[last].Name == "confirm" && i.UploadedAt.IsZero() {
		phases[last].Name, phases[last].Number = "decide", 1
		if !i.State.Ended() {
			phases[last].Name, phases[last].Number = string(outcomeOf(i)), busy
			if i.State == ledger.Queued {
				phases[last].Number = queued
			}
		}
	}
	return phases, sent(i, whole)
}

// sent says how long a request took, and what was moved.
func sent(i ledger.Item, whole time.Duration) string {
	var parts []string
	if whole > 0 && i.State.Ended() {
		parts = append(parts, seconds(whole.Seconds()))
	}
	if i.Attempts > 1 {
		parts = append(parts, fmt.Sprintf("tried %d×", i.Attempts))
	}
	if fileKey(i) != "" {
		parts = append(parts, size(float64(i.Decision.Size)))
		if sending := i.UploadedAt.Sub(i.DecidedAt); !i.DecidedAt.IsZero() && sending > 0 {
			parts = append(parts, size(float64(i.Decision.Size)/sending.Seconds())+"/s")
		}
	}
	return strings.Join(parts, " · ")
}

// left is how long an open request has, or how long an ended one would have had.
func (b *builder) left(i ledger.Item) *Left {
	if i.ExpiresAt.IsZero() || i.State == ledger.Malformed {
		return nil
	}
	at := b.At
	if i.State.Ended() {
		at = i.EndedAt
	}
	rest, life := i.ExpiresAt.Sub(at), i.ExpiresAt.Sub(i.ReceivedAt)
	if at.IsZero() || rest <= 0 || life <= 0 {
		return nil
	}
	words := fmt.Sprintf("%d min", int(rest.Minutes()))
	if rest < time.Minute {
		words = fmt.Sprintf("%d s", int(rest.Seconds()))
	}
	if i.State.Ended() {
		words += " to spare"
	} else {
		words += " left"
	}
	return &Left{words, min(float64(rest)/float64(life), 1) * 100, !i.State.Ended()}
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
		add("not confirmed by the platform's answer")
	}
	if detail := capability.Redact(i.Detail); detail != "" {
		add("%s", shorten(strings.TrimPrefix(i.Code+": "+detail, ": "), 300))
	}
	return facts
}

// listed are the names of who is affected, a line for each kind.
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
			rule = "fits; " + better(c.Master, candidate)
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

// advise adds what can be done about a request.
func (b *builder) advise(d *Detail, i ledger.Item) {
	lib, _ := b.library(i)
	a := advice.For(i, lib.Library)
	d.Advice, d.Put = a.Text, text(a.Put)
	for _, c := range a.Commands {
		d.Commands = append(d.Commands, b.command(c.Name, c.Args...))
	}
}
