package main

import (
	"context"
	"fmt"
	"os"

	"masterhand/infra/bench/result"
)

// shares compares masterhand with io.Copy. It gives both only as much processor time as Lambda
// gives a function, for each memory setting.
func (p plan) shares(ctx context.Context) []result.Row {
	const part = "CPU share of a memory setting"
	fmt.Fprintf(p.out, "\n%s\n", part)
	var rows []result.Row
	for _, setting := range []int{256, 512, 1024, wholeCPU} {
		folder, err := shareOf(setting)
		if err != nil {
			return append(rows, result.Row{Part: part, Name: fmt.Sprintf("%d MB", setting), Missing: err.Error()})
		}
		rows = append(rows, p.share(ctx, part, setting, folder)...)
		_ = os.Remove(folder) // the error is ignored: removing fails only while a contestant runs, and all have ended
	}
	return rows
}

func (p plan) share(ctx context.Context, part string, setting int, folder string) []result.Row {
	t := task{link: "s3", size: usual, secure: true, share: folder}
	name := fmt.Sprintf("%d MB", setting)
	fmt.Fprintln(p.out, " ", name)
	in, err := inTurn(ctx, p.runner(p.copy(), t), p.runner(p.ours(), t), p.count)
	if err != nil {
		return []result.Row{{Part: part, Name: name, Failure: err.Error()}}
	}
	rows := figures(part, name+", io.Copy", t.size, in.reference)
	rows = append(rows, figures(part, name+", masterhand", t.size, in.ours)...)
	return append(rows, result.Row{Part: part, Name: name + ", masterhand : io.Copy", Unit: "× as fast", Samples: in.referenceOver(wall)})
}
