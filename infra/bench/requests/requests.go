// Package requests measures how much time the function fulfill needs in addition to its AWS calls.
//
// The built bootstrap of fulfill runs on the local Lambda. Its calls to the local S3, DynamoDB, SQS
// and Secrets Manager pass a meter, which records the duration of each call. The meter delays each
// answer, because AWS answers more slowly than the local services; see [latencies].
//
// A request has two ratios: the duration of the invocation divided by the sum of the durations of its
// calls, and divided by the time in which at least one call ran. The first is below 1 if calls run at
// the same time. The second shows the function's own work alone. Both are counted without the transfer
// of the master's bytes.
//
// Invariants: the outcome of each request is checked at the platform, in its storage and in the
// ledger. The signing, sending and decoding of a call count as time of the function, because the
// meter does not measure them.
//
//	rows, err := requests.Run(ctx, os.Stdout, false)
package requests

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"masterhand/infra/bench/result"
)

const part = "request overhead"

// The numbers of rounds and of requests that are measured.
const (
	rounds     = 5 // number of rounds; each gives one sample for each row
	usual      = 100
	usualLong  = 1000 // number of requests in each round of a long run
	warmingUps = 5
)

// The targets for both ratios of a request. most50 limits the median of a ratio, and most99 limits its
// 99th percentile.
var (
	most50 = result.Target{Most: 1.3}
	most99 = result.Target{Most: 2}
)

// Run measures skips and deliveries of a master of 1 MiB. If long is set, each round has ten times
// as many requests.
func Run(ctx context.Context, out io.Writer, long bool) ([]result.Row, error) {
	requests := usual
	if long {
		requests = usualLong
	}
	return run(ctx, out, rounds, requests)
}

// run measures the given number of rounds. In each round it sends the given number of requests of
// each kind.
func run(ctx context.Context, out io.Writer, rounds, requests int) (rows []result.Row, err error) {
	r, err := newRig(ctx, out)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := r.close(ctx); err == nil {
			err = closing
		}
	}()
	for _, kind := range []kind{skip, delivery} {
		measured, err := r.rows(ctx, out, kind, rounds, requests)
		if err != nil {
			return rows, err
		}
		rows = append(rows, measured...)
	}
	return rows, nil
}

// rows measures one kind of request, and returns its rows.
func (r *rig) rows(ctx context.Context, out io.Writer, k kind, rounds, requests int) ([]result.Row, error) {
	p50 := result.Row{Part: part, Name: k.name + ", p50, over the sum of its AWS calls", Unit: "×", Target: most50}
	p99 := result.Row{Part: part, Name: k.name + ", p99, over the sum of its AWS calls", Unit: "×", Target: most99}
	busy50 := result.Row{Part: part, Name: k.name + ", p50, over the time with a call", Unit: "×", Target: most50}
	busy99 := result.Row{Part: part, Name: k.name + ", p99, over the time with a call", Unit: "×", Target: most99}
	whole := result.Row{Part: part, Name: k.name + ", p50 of the whole time", Unit: "ms"}
	own := result.Row{Part: part, Name: k.name + ", p50 of the time without a call", Unit: "ms"}
	calls := result.Row{Part: part, Name: k.name + ", AWS calls", Unit: "calls"}
	all := []*result.Row{&p50, &p99, &busy50, &busy99, &whole, &own, &calls}
	for n := range warmingUps {
		m, err := r.request(ctx, k)
		if err != nil {
			return nil, err
		}
		if n == warmingUps-1 {
			fmt.Fprintf(out, "%s: %s\n", k.name, m.describe())
		}
	}
	for range rounds {
		var list []measurement
		for range requests {
			m, err := r.request(ctx, k)
			if err != nil {
				return nil, err
			}
			list = append(list, m)
		}
		p50.Samples = append(p50.Samples, quantile(list, 0.5, measurement.ratio))
		p99.Samples = append(p99.Samples, quantile(list, 0.99, measurement.ratio))
		busy50.Samples = append(busy50.Samples, quantile(list, 0.5, measurement.ofBusy))
		busy99.Samples = append(busy99.Samples, quantile(list, 0.99, measurement.ofBusy))
		whole.Samples = append(whole.Samples, quantile(list, 0.5, measurement.whole))
		own.Samples = append(own.Samples, quantile(list, 0.5, measurement.own))
		calls.Samples = append(calls.Samples, quantile(list, 0.5, measurement.count))
	}
	var rows []result.Row
	for _, row := range all {
		rows = append(rows, *row)
	}
	return rows, nil
}

// measurement holds the durations that were measured for one request.
type measurement struct {
	took  time.Duration // duration of the function's invocation
	calls []call        // calls of the invocation, sorted by their start
}

// ratio returns the duration of the invocation divided by the sum of its calls' durations. The
// calls that transfer the master's bytes are left out of both.
func (m measurement) ratio() float64 {
	moving, other := m.split()
	var sum time.Duration
	for _, c := range other {
		sum += c.took()
	}
	return float64(m.took-covered(moving)) / float64(sum)
}

// ofBusy returns the duration of the invocation divided by the time in which at least one call ran.
// The time in which the master's bytes were transferred is left out of both.
func (m measurement) ofBusy() float64 {
	moving, _ := m.split()
	transfer := covered(moving)
	return float64(m.took-transfer) / float64(covered(m.calls)-transfer)
}

// split returns the calls that transfer the master's bytes, and the other calls.
func (m measurement) split() (moving, other []call) {
	for _, c := range m.calls {
		if c.bytes {
			moving = append(moving, c)
		} else {
			other = append(other, c)
		}
	}
	return moving, other
}

// whole returns the duration of the invocation in milliseconds.
func (m measurement) whole() float64 { return m.took.Seconds() * 1000 }

// own returns for how many milliseconds of the invocation no call was running.
func (m measurement) own() float64 { return (m.took - covered(m.calls)).Seconds() * 1000 }

// count returns the number of AWS calls in the invocation.
func (m measurement) count() float64 {
	n := 0
	for _, c := range m.calls {
		if c.name != upload {
			n++
		}
	}
	return float64(n)
}

// describe returns a list of the calls, with the start and the end of each in milliseconds.
func (m measurement) describe() string {
	var list []string
	for _, c := range m.calls {
		ms := func(t time.Time) float64 { return t.Sub(m.calls[0].began).Seconds() * 1000 }
		list = append(list, fmt.Sprintf("%s %.0f–%.0f", c.name, ms(c.began), ms(c.ended)))
	}
	return fmt.Sprintf("%.1f ms, calls (began–ended, in ms): %s", m.whole(), strings.Join(list, ", "))
}

// quantile computes a figure of each measurement, and returns the quantile p of these figures: with
// p 0.5, their median. The parameter of is the function that computes the figure of a measurement.
func quantile(list []measurement, p float64, of func(measurement) float64) float64 {
	var values []float64
	for _, m := range list {
		values = append(values, of(m))
	}
	slices.Sort(values)
	return values[max(0, int(math.Ceil(p*float64(len(values))))-1)]
}
