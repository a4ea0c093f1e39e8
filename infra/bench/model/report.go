package model

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Scenario is the size of a modelled deployment: its number of requests per day, and the number of
// masters in its library.
type Scenario struct{ Requests, Masters int }

// Scenarios returns the scenarios that the command bench prints.
func Scenarios() []Scenario { return []Scenario{{10, 1e3}, {1e3, 2e4}, {1e6, 1e6}} }

var libraries = []int{1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// Print writes the results of the model to out: the calls and the cost of one request, one day of
// each scenario, the limits that break first, the reindexes of libraries, and the fixed costs. It returns the first error of a
// write.
func Print(out io.Writer, scenarios ...Scenario) error {
	w := &printer{out: out}
	w.line("An account modelled: us-east-1, Arm, %d MB, list prices without free tiers. No account was used.", Memory)
	w.requests()
	if w.err != nil {
		return w.err
	}
	var grown growth
	var all sync.WaitGroup
	all.Go(func() { grown = grow() }) // at the same time as the days, to save seconds
	defer all.Wait()
	for _, s := range scenarios {
		if w.err != nil {
			return w.err
		}
		w.day(s.Requests, s.Masters)
	}
	all.Wait()
	w.growth(grown)
	w.libraries()
	w.fixed()
	return w.err
}

// printer writes lines to an output and keeps the first error of a write.
type printer struct {
	out io.Writer
	err error
}

func (w *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(w.out, format+"\n", args...); err != nil && w.err == nil {
		w.err = err
	}
}

// table prints rows of cells. The cells of a column are aligned.
func (w *printer) table(rows ...[]string) {
	t := tabwriter.NewWriter(w.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t")+"\t")
	}
	if err := t.Flush(); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *printer) requests() {
	w.line("\nWhat one request takes, with the platform's result, and 1,000 of them cost. The Lambda seconds of a skip are not its wait of about %g s.\n", IndexLag)
	rows := [][]string{{"", "Lambda seconds", "S3 reads", "S3 writes, lists", "write units", "read units", "SQS", "USD for 1,000", "and data out", "USD for a GB"}}
	add := func(name string, c Calls) {
		calls, transfer := c.Cost()
		gb := "-"
		if c.Delivered > 0 {
			gb = fmt.Sprintf("%.4f", (calls+transfer)/(float64(c.Delivered)/1e9))
		}
		rows = append(rows, []string{
			name, fmt.Sprintf("%.1f", c.Seconds), fmt.Sprint(c.S3Reads), fmt.Sprint(c.S3Writes), fmt.Sprint(c.Writes), fmt.Sprint(c.Reads),
			fmt.Sprint(c.Queue + 2*c.Messages), fmt.Sprintf("%.3f", 1000*calls), fmt.Sprintf("%.2f", 1000*transfer), gb,
		})
	}
	for _, size := range []int64{1e6, 100e6, 1e9, 5e9} {
		add("delivery of "+bytes(size), Delivery(size, false))
	}
	add("100 MB, master comes late", Awaited(20_000, 100e6))
	for _, keys := range []int{1_000, 20_000, 1_000_000} {
		add("skip, "+count(keys)+" masters", Skip(keys, IndexLag))
	}
	add("upload, indexed", Upload())
	add("announcement of 100 MB", Announcement(100e6))
	w.table(rows...)
	w.line("\nAssumed: an upload has %d MiB/s, S3 answers in %g s, DynamoDB in %g s, the platform's callback in %g s.", uploadRate>>20, s3Time, ledgerTime, farTime)
	w.line("Assumed of a day: of 100 requests, %d find their master, %d come while it is uploaded, %d have none. Masters: %s.",
		100-100*(earlyOf+missingOf)/mixOf, 100*earlyOf/mixOf, 100*missingOf/mixOf, mixOfSizes())
	w.line("%d %% of a day's requests come in imports: each is a tenth of the day's requests, at most %s, within %g s. The others come at any time, 9 times as many at 14:00 as at 2:00.",
		100/importShare, count(maxImport), importTime)
}

// day prints a simulated day: what each limit that it exceeds does to it, how long requests wait, and
// what they cost.
func (w *printer) day(requests, masters int) {
	day := NewDay(requests)
	free := Simulate(day, Limits{}, masters)
	uses := Uses(free.Peak, Default())
	outcomes := simulateEach(day, masters, append([]Limits{Default(), Eased(free.Peak, Default())}, exceeded(uses)...)...)
	usual, eased, alone := outcomes[0], outcomes[1], outcomes[2:]
	w.line("\nA day of %s requests, %s masters", count(requests), count(masters))
	if usual.Breaks() {
		w.line("  breaks a default account: %s", usual.harm())
	} else {
		w.line("  breaks nothing in a default account: no request ends too late, no webhook gets 429")
	}
	for i, u := range uses {
		note := ""
		switch {
		case i >= len(alone):
		case alone[i].Breaks():
			note = fmt.Sprintf(": breaks, %s; %s", alone[i].harm(), u.Ask)
		default:
			note = fmt.Sprintf(": %s; %s", alone[i].delay(free), u.Ask)
		}
		w.line("  %6.1f %%  %s, %.0f of %.0f %s at the peak%s", 100*u.Share(), u.Limit, u.Peak, u.Of, u.Unit, note)
	}
	rows := [][]string{{"  waits in seconds (half, 99 %, longest)", There.String(), Early.String(), Missing.String(), "429", "too late"}}
	add := func(name string, o Outcome) {
		row := []string{"  " + name}
		for _, waits := range o.Waits {
			row = append(row, fmt.Sprintf("%.0f, %.0f, %.0f", Share(waits, 0.5), Share(waits, 0.99), Share(waits, 1)))
		}
		rows = append(rows, append(row, count(o.Throttled), count(o.Late)))
	}
	if requests <= mostOfNew {
		add(fmt.Sprintf("new account, %d at a time", newConcurrency), Simulate(day, New(), masters))
	}
	add("default account", usual)
	if len(alone) > 0 {
		add("after asking and setting", eased)
	}
	w.table(rows...)
	calls, transfer := usual.Calls.Month()
	w.line("  costs %s; a month USD %.2f and %.2f for its data out, %.3f a GB in all", each(usual.Calls, requests), calls, transfer, (calls+transfer)/(30*usual.Calls.gb()))
}

// mostOfNew is the largest day that is simulated for a new account. Larger days take long, because
// the gateway sends most webhooks many times, and smaller days break the account already.
const mostOfNew = 10_000

// each returns what 1,000 of the given requests cost, and what a GB that they deliver costs.
func each(c Calls, requests int) string {
	calls, transfer := c.Cost()
	n := 1000 / float64(requests)
	return fmt.Sprintf("USD %.2f for 1,000 requests and %.2f for their data out, %.3f a GB in all", calls*n, transfer*n, (calls+transfer)/c.gb())
}

func (w *printer) libraries() {
	w.line("\nA library of so many masters, %d of each creative, with %g s for each call of S3\n", ofCreative, s3Time)
	rows := [][]string{{"masters", "documents", "reindex: S3 calls", "USD", "time, 2 at once", "set reindexConcurrency", "proof lists pages", "summary each 5 min: pages", "USD a month"}}
	for _, n := range libraries {
		r := Reindex(n, parallel)
		cost, _ := r.Calls.Cost()
		fixed := FixedCost(n)
		time := duration(r.Working + r.Chain)
		if r.Lost() {
			time += ", over the queue's 4 days"
		}
		refresh := Refresh(n)
		summary := fmt.Sprint(refresh.S3Writes)
		if refresh.Seconds > indexTimeout {
			summary += " (over index's 300 s)"
		}
		rows = append(rows, []string{
			count(n), count(r.Documents), count(r.Calls.S3Reads + r.Calls.S3Writes), fmt.Sprintf("%.2f", cost), time, count(r.AtLeast()),
			fmt.Sprint(Listing(n).S3Writes), summary, fmt.Sprintf("%.2f", fixed.Summary+fixed.Storage),
		})
	}
	w.table(rows...)
	w.line("Up to 5,000 documents the summary is written with each change; above, each five minutes, and it reads at most 5,000 changed documents then.")
}

func (w *printer) fixed() {
	f := FixedCost(1000)
	w.line("\nFixed, USD a month: alarms %.2f, metrics up to %.2f, secrets %.2f, polling %.2f (less 0.40 of the free tier), dashboard %.2f, schedules %.2f, index %.2f: %.2f",
		f.Alarms, f.Metrics, f.Secrets, f.Polling, f.Dashboard, f.Schedules, f.Summary+f.Storage, f.Total())
	w.line("Data out dominates: USD %.4f of %.4f for a GB of 100 MB masters.", outOfGB(), gb())
}

// mixOfSizes returns the assumed sizes of masters, with the share of each.
func mixOfSizes() string {
	total := 0
	for _, s := range sizes {
		total += s.weight
	}
	var texts []string
	for _, s := range sizes {
		texts = append(texts, fmt.Sprintf("%d %% have %s", 100*s.weight/total, bytes(s.bytes)))
	}
	return strings.Join(texts, ", ")
}

func outOfGB() float64 { _, transfer := Delivery(1e9, false).Cost(); return transfer }

func gb() float64 {
	calls, transfer := Delivery(100e6, false).Cost()
	return 10 * (calls + transfer)
}

// count returns a number as text, with a comma before each group of three digits.
func count(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func bytes(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%d GB", n/1e9)
	}
	return fmt.Sprintf("%d MB", n/1e6)
}

func duration(seconds float64) string {
	if seconds > 48*3600 {
		return fmt.Sprintf("%.1f days", seconds/24/3600)
	}
	return (time.Duration(math.Ceil(seconds)) * time.Second).String()
}
