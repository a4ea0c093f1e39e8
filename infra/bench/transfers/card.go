package main

import (
	"context"
	"fmt"

	"masterhand/infra/bench/result"
	"masterhand/shared/library/masters"
)

// card measures transfers on this machine with the network limited to the rates of Lambda's network
// card. In Lambda, this card limits how fast large files can be transferred.
func (p plan) card(ctx context.Context) []result.Row {
	const part = "Lambda's network card"
	fmt.Fprintf(p.out, "\n%s\n", part)
	var rows []result.Row
	peaks := make(map[int64]float64) // peak memory in MiB, by the object's size
	for _, c := range []struct {
		task
		limit float64 // largest allowed time of the transfer in seconds; 0 means no limit
	}{
		{task{link: "card", size: usual, secure: true}, 0},
		{task{link: "card", size: 2.5 * gb}, 30},
		{task{link: "card", size: masters.MaxUpload, secure: true}, 75},
	} {
		name := fmt.Sprintf("%s, %s", sized(c.size), way(c.secure))
		runs, err := repeat(ctx, p.runner(p.ours(), c.task), p.count)
		if err != nil {
			rows = append(rows, result.Row{Part: part, Name: name, Failure: err.Error()})
			continue
		}
		model := links[c.link].model(c.size).Seconds()
		against := result.Row{Part: part, Name: name + " : the model", Unit: "× the time", Samples: each(runs, func(m measurement) float64 { return wall(m) / model })}
		if c.limit > 0 {
			against.Target.Most = 1.05
		}
		rows = append(rows, against,
			result.Row{Part: part, Name: name, Unit: "s", Samples: each(runs, wall), Target: result.Target{Most: c.limit}})
		rows = append(rows, figures(part, name, c.size, runs)...)
		rows = append(rows, peakRow(part, name, c.secure, runs))
		peaks[c.size] = largest(runs)
	}
	if small, large := peaks[usual], peaks[masters.MaxUpload]; small > 0 && large > 0 {
		rows = append(rows, result.Row{Part: part, Name: "memory of 5 GiB less memory of 256 MiB", Unit: "MiB",
			Samples: []float64{large - small}, Target: result.Target{Most: 8}, Steady: true})
	}
	if p.long {
		references, missing := p.references()
		rows = append(rows, p.race(ctx, race{task{link: "card", size: 2.5 * gb, secure: true}, false}, references)...)
		rows = append(rows, missing...)
	}
	return rows
}
