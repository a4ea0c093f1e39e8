package main

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// plan is what one call of the program measures.
type plan struct {
	sizes   []int64 // in bytes; each plain and with TLS
	largest int64   // in bytes; our memory only. 0: not measured
	runs    int     // of ours, and of io.Copy with the first size; everything else runs once
	quick   bool    // contestants of this program only
}

// result is a contestant's median run of one size, one way.
type result struct {
	contestant
	size   int64
	secure bool
	measurement
	runs    int
	failure error // why it counts for nothing: it failed, or delivered other bytes
}

// run runs the plan, printing as it goes, and returns an error if anything is not
// as it should be.
func (p plan) run(ctx context.Context, out io.Writer) error {
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	list, missing := contestants(b.self, p.quick)
	for _, name := range missing {
		fmt.Fprintln(out, "left out:", name)
	}
	results := b.compare(ctx, out, list, p.sizes[0], p.runs)
	list = slices.DeleteFunc(list, func(c contestant) bool { return c.md5 }) // once told, it is the same for every size
	for _, size := range p.sizes[1:] {
		for i := range list {
			list[i].once = list[i].name != ours
		}
		results = append(results, b.compare(ctx, out, list, size, p.runs)...)
	}
	if p.largest > 0 {
		list = slices.DeleteFunc(list, func(c contestant) bool { return c.name != ours })
		results = append(results, b.compare(ctx, out, list, p.largest, 1)...)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return report(out, results)
}

// compare runs every contestant with an object of one size, plain and with TLS,
// and prints a table of it.
func (b *bench) compare(ctx context.Context, out io.Writer, list []contestant, size int64, runs int) []result {
	want := expected(size)
	var all []result
	for _, secure := range []bool{false, true} {
		printHead(out, size, secure)
		var results []result
		for _, c := range list {
			if ctx.Err() != nil {
				return all
			}
			r := b.median(ctx, c, size, secure, runs, want)
			results = append(results, r)
			printRow(out, r, results)
		}
		all = append(all, results...)
	}
	return all
}

// median runs one contestant a few times and returns the median by time, with the
// largest memory of all. One failure is the result.
func (b *bench) median(ctx context.Context, c contestant, size int64, secure bool, runs int, want string) result {
	r := result{contestant: c, size: size, secure: secure}
	var taken []measurement
	var memory int64
	if c.once {
		runs = 1
	}
	for range runs {
		m, err := b.once(ctx, c, size, secure, want)
		if err != nil {
			r.failure = err
			return r
		}
		taken = append(taken, m)
		memory = max(memory, m.memory)
	}
	slices.SortFunc(taken, func(a, b measurement) int { return int(a.wall - b.wall) })
	r.measurement = taken[len(taken)/2]
	r.memory, r.runs = memory, runs
	return r
}
