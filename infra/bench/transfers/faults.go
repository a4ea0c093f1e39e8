package main

import (
	"context"
	"fmt"

	"masterhand/infra/bench/result"
	"masterhand/shared/request/transfer"
)

// faults measures masterhand twice, with a source that has faults and with a source that has none,
// and compares the results.
func (p plan) faults(ctx context.Context) []result.Row {
	const part = "faults"
	fmt.Fprintf(p.out, "\n%s\n", part)
	clean := p.runner(p.ours(), task{link: "s3", size: usual, secure: true})
	against := func(link string) (pairs, error) {
		fmt.Fprintln(p.out, " ", link)
		return inTurn(ctx, clean, p.runner(p.ours(), task{link: link, size: usual, secure: true}), p.count)
	}
	slower := result.Row{Part: part, Name: "every fourth GET cut : clean", Unit: "× the time", Target: result.Target{Most: 1.25}}
	again := result.Row{Part: part, Name: "every fourth GET cut, fetched again", Unit: "%", Target: result.Target{Most: 1}, Steady: true}
	if in, err := against("cut"); err != nil {
		slower.Failure, again.Failure = err.Error(), err.Error()
	} else {
		slower.Samples = in.oursOver(wall)
		again.Samples = each(in.ours, func(m measurement) float64 { return 100 * float64(m.counts.Sent-usual) / usual })
	}
	stall := result.Row{Part: part, Name: fmt.Sprintf("one GET in twenty stalls %.0f s, cost of each", stallFor.Seconds()), Unit: "s",
		Target: result.Target{Most: transfer.DefaultIdle.Seconds() + 1}}
	if in, err := against("stall"); err != nil {
		stall.Failure = err.Error()
	} else {
		for i, m := range in.ours {
			stall.Samples = append(stall.Samples, (wall(m)-wall(in.reference[i]))/float64(m.counts.Stalls))
		}
	}
	return []result.Row{slower, again, stall}
}
