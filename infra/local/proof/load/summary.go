package load

import (
	"fmt"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"masterhand/shared/request/ledger"
)

// maxTold is the maximum number of problems that the summary prints in full.
const maxTold = 20

// short formats a duration in milliseconds below one second, otherwise in seconds.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// quantile returns a percentile of durations, by the nearest-rank method. A share of 0.99 means the
// 99th percentile. The durations must be sorted.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// tellProgress prints a line about the progress of the load run and the memory of the processes.
func (r *run) tellProgress(at time.Duration) {
	fmt.Fprintf(r.Out, "%7s  %5d begun  %5d ended  %5d sent again", short(at), r.tally.begun.Load(), r.tally.ended.Load(), r.tally.again.Load())
	if n := len(r.watch.samples); n > 0 {
		last := r.watch.samples[n-1]
		for _, f := range watched {
			u := last.functions[f]
			fmt.Fprintf(r.Out, "   %s %d× %.0f MiB %d fd %d th", f, u.processes, float64(u.rss)/mib, u.files, u.threads)
		}
	}
	fmt.Fprintln(r.Out)
}

// summary prints the results of a load run.
func (r *run) summary(all, ended []*sent, took time.Duration, problems []string) {
	webhooks, again := r.tally.answers.Load(), r.tally.again.Load()
	var moved int64 // number of bytes of all PUTs, repeated PUTs included
	for _, s := range ended {
		moved += r.platform.Storage.Writes(s.request.StorageKey).Bytes
	}
	fmt.Fprintf(r.Out, "\n%d events in %s: %.1f events/s, %.1f webhooks/s (%d, and %d sent again), %.1f MB uploaded, %.1f MB/s\n",
		len(all), short(took), float64(len(all))/took.Seconds(), float64(webhooks+again)/took.Seconds(), webhooks, again,
		float64(moved)/mib, float64(moved)/mib/took.Seconds())
	// The rate of a burst is computed from the first nine tenths of the answers, because the other
	// events mostly wait for the gateway's next attempt.
	if r.For == 0 && webhooks > 0 {
		most := mostBy(ended)
		fmt.Fprintf(r.Out, "nine tenths of the answers in %s: %.1f events/s\n", short(most), 0.9*float64(len(ended))/most.Seconds())
	}
	fmt.Fprintln(r.Out)
	r.tellClasses(ended)
	r.tellEnds(ended)
	if r.Faults {
		fmt.Fprintf(r.Out, "faults: %d on uploads, %d on callbacks\n", r.platform.Storage.Faults.Hits(), r.platform.Waitpoints.Faults.Hits())
	}
	r.tellProcesses()
	if open := len(all) - len(ended); open > 0 {
		fmt.Fprintf(r.Out, "%d events were interrupted and are not checked\n", open)
	}
	fmt.Fprintln(r.Out)
	for _, problem := range problems[:min(len(problems), maxTold)] {
		fmt.Fprintln(r.Out, "NO ", problem)
	}
	if more := len(problems) - maxTold; more > 0 {
		fmt.Fprintf(r.Out, "NO  and %d more\n", more)
	}
	if len(problems) == 0 {
		fmt.Fprintf(r.Out, "ok  all %d checked events ended as expected\n", len(ended))
	}
}

// mostBy returns the time from the first event until nine tenths of all copies had their last
// answer.
func mostBy(ended []*sent) time.Duration {
	var began time.Time
	var times []time.Duration
	for _, s := range ended {
		if began.IsZero() {
			began = s.at
		}
		for _, a := range s.Answers {
			times = append(times, s.at.Sub(began)+a.Whole)
		}
	}
	slices.Sort(times)
	return quantile(times, 0.9)
}

// tellClasses prints the answer times for each class of events: the duration of the last attempt,
// and the time from the first attempt to the last answer, including the pauses.
func (r *run) tellClasses(ended []*sent) {
	table := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tevents\tanswers\tp50\tp90\tp99\tmax\twith retries p50\tp99\tmax\t")
	for c := there; c <= malformed; c++ {
		var last, whole []time.Duration
		events := 0
		for _, s := range ended {
			if s.Class != c {
				continue
			}
			events++
			for _, a := range s.Answers {
				last, whole = append(last, a.Duration), append(whole, a.Whole)
			}
		}
		slices.Sort(last)
		slices.Sort(whole)
		fmt.Fprintf(table, "%s\t%d\t%d\t", c, events, len(last))
		for _, d := range []time.Duration{
			quantile(last, 0.5), quantile(last, 0.9), quantile(last, 0.99), quantile(last, 1),
			quantile(whole, 0.5), quantile(whole, 0.99), quantile(whole, 1),
		} {
			fmt.Fprintf(table, "%s\t", short(d))
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush()
}

// tellEnds prints the number of requests for each state in the ledger, and the number of requests
// that were handed off to the queue.
func (r *run) tellEnds(ended []*sent) {
	states := map[ledger.State]int{}
	handed := 0
	for _, s := range ended {
		if s.Class.asks() {
			states[s.Item.State]++
			if slices.ContainsFunc(s.Answers, func(a answer) bool { return a.Status == 202 }) {
				handed++
			}
		}
	}
	fmt.Fprint(r.Out, "\nthe ledger:")
	for _, state := range []ledger.State{
		ledger.Delivered, ledger.Skipped, ledger.Expired, ledger.Failed, ledger.Superseded, ledger.FulfilledElsewhere,
		ledger.Claimed, ledger.Queued, ledger.Uploaded, "",
	} {
		if n := states[state]; n > 0 {
			fmt.Fprintf(r.Out, " %d %s,", n, state)
		}
	}
	fmt.Fprintf(r.Out, " %d of them through the queue\n", handed)
}

// tellProcesses prints the resources that the functions' processes used.
func (r *run) tellProcesses() {
	if r.watch.blind != nil {
		fmt.Fprintf(r.Out, "processes cannot be measured on this machine: %v\n", r.watch.blind)
		return
	}
	if n := len(r.watch.samples); n > 0 {
		fmt.Fprint(r.Out, "execution environments at the end:")
		for _, f := range watched {
			fmt.Fprintf(r.Out, " %d of %s,", r.watch.samples[n-1].functions[f].processes, f)
		}
		fmt.Fprintf(r.Out, " %d ended earlier\n", len(r.watch.gone))
	}
	if r.For == 0 {
		return
	}
	trends := r.watch.trends()
	if trends == nil {
		fmt.Fprintln(r.Out, "the run was too short to detect growth")
		return
	}
	fmt.Fprintln(r.Out, "medians of the largest process, first and second half after warm-up:")
	table := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	for _, t := range trends {
		fmt.Fprintf(table, "  %s\t%.1f\t%.1f\n", t.name, t.first, t.second)
	}
	_ = table.Flush()
}
