package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"masterhand/infra/bench/result"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/transfer/transfertest"
)

const (
	gb       = 1e9
	usual    = 256 * mib // size in bytes of the object for which most targets are set
	mostPeak = 48        // largest allowed memory in MiB of a transfer of any size with TLS
)

// plan says how much is measured. The bench holds the addresses of the servers between which the
// contestants move objects.
type plan struct {
	*bench
	count int  // number of runs of each contestant; if two contestants are compared, number of pairs of runs
	quick bool // whether masterhand is compared only with io.Copy, and for one size
	long  bool // whether every size is measured with every contestant
}

// race is a task, to move one object over one link, that masterhand and each program that it is
// compared with do in turn.
type race struct {
	task
	targets bool // whether the acceptance criteria set targets for this race
}

func (r race) name() string {
	over := map[string]string{"s3": "at 90 MB/s a connection", "free": "unthrottled", "card": "behind Lambda's network card"}[r.link]
	return fmt.Sprintf("%s %s, %s", sized(r.size), over, way(r.secure))
}

// speed compares masterhand with the other contestants over two kinds of links: one on which a
// single connection is the bottleneck, and one without limits.
func (p plan) speed(ctx context.Context) []result.Row {
	var rows []result.Row
	references, missing := p.references()
	for _, r := range p.races() {
		rows = append(rows, p.race(ctx, r, references)...)
	}
	if p.quick {
		return rows
	}
	rows = append(rows, p.sdk(ctx)...)
	rows = append(rows, p.hashing(ctx)...)
	for _, secure := range []bool{false, true} {
		rows = append(rows, p.slowPut(ctx, secure)...)
	}
	return append(rows, missing...)
}

func (p plan) races() []race {
	both := func(link string, size int64, targets bool) []race {
		return []race{{task{link: link, size: size}, targets}, {task{link: link, size: size, secure: true}, targets}}
	}
	races := both("s3", usual, true)
	if p.quick {
		return races
	}
	races = append(races, both("s3", 10e6, false)...)
	races = append(races, both("free", usual, false)...)
	if p.long {
		for _, size := range []int64{100e6, 1024 * mib, 2.5 * gb, masters.MaxUpload} {
			races = append(races, both("s3", size, false)...)
		}
		races = append(races, both("free", 2.5*gb, false)...)
	}
	return races
}

// references returns the installed contestants with which masterhand is compared, and a row for each
// that is not installed.
func (p plan) references() (installed []contestant, missing []result.Row) {
	installed = []contestant{p.copy()}
	if p.quick {
		return installed, nil
	}
	for _, c := range others() {
		if program := absent(c.needs); program != "" {
			missing = append(missing, result.Row{Part: "missing", Name: c.name, Missing: program + " does not run here"})
			continue
		}
		installed = append(installed, c)
	}
	return installed, missing
}

// race runs masterhand and each reference alternately, and returns the rows.
func (p plan) race(ctx context.Context, r race, references []contestant) []result.Row {
	var rows []result.Row
	var mine []measurement
	part := r.name()
	fmt.Fprintf(p.out, "\n%s\n", part)
	for _, c := range references {
		row := func(unit string, samples []float64, t result.Target) {
			if !r.targets {
				t = result.Target{}
			}
			rows = append(rows, result.Row{Part: part, Name: "masterhand : " + c.name, Unit: unit, Samples: samples, Target: t})
		}
		in, err := inTurn(ctx, p.runner(c, r.task), p.runner(p.ours(), r.task), p.count)
		if err != nil {
			rows = append(rows, result.Row{Part: part, Name: c.name, Failure: err.Error()})
			continue
		}
		mine = append(mine, in.ours...)
		rows = append(rows, figures(part, c.name, r.size, in.reference)...)
		row("× as fast", in.referenceOver(wall), leastSpeed(c, r.secure))
		row("× the memory", in.oursOver(memory), result.Target{Most: c.memory})
		row("× the CPU", in.oursOver(cpu), mostCPU(c))
	}
	if len(mine) == 0 {
		return rows
	}
	rows = append(rows, figures(part, p.ours().name, r.size, mine)...)
	reached := result.Row{Part: part, Name: "masterhand, share of the ranged-read model", Unit: "%"}
	model := links[r.link].model(r.size).Seconds()
	if reached.Samples = each(mine, func(m measurement) float64 { return 100 * model / wall(m) }); r.targets {
		reached.Target.Least = 90
	}
	if model > 0 {
		rows = append(rows, reached)
	}
	return append(rows, peakRow(part, p.ours().name, r.secure, mine))
}

// peakRow returns a row with the largest memory peak of the given runs of masterhand.
func peakRow(part, name string, secure bool, mine []measurement) result.Row {
	row := result.Row{Part: part, Name: name + ", largest peak", Unit: "MiB", Samples: []float64{largest(mine)}, Steady: true}
	if secure {
		row.Target.Most = mostPeak
	}
	return row
}

// leastSpeed returns the target for the comparison with a contestant: how many times as fast
// masterhand must be at least. Compared with io.Copy, at most 5.6 is possible: at 90 MB/s for each
// connection, io.Copy needs 3.0 s for 256 MiB, and ranged reads need 0.53 s (see [link.model]).
func leastSpeed(c contestant, secure bool) result.Target {
	switch {
	case c.name == copyName && secure:
		return result.Target{Least: 4}
	case c.name == copyName:
		return result.Target{Least: 5}
	case c.downloads:
		return result.Target{Least: 2}
	}
	return result.Target{}
}

func mostCPU(c contestant) result.Target {
	if c.name == copyName {
		return result.Target{Most: 1.1}
	}
	return result.Target{}
}

// processorTime is the value of Part in the rows that compare only processor time.
const processorTime = "processor time, 256 MiB at 90 MB/s a connection, TLS"

// sdk measures what share of masterhand's processor time the AWS SDK uses: it compares masterhand
// with and without the SDK.
func (p plan) sdk(ctx context.Context) []result.Row {
	row := result.Row{Part: processorTime, Name: "masterhand : masterhand without the AWS SDK", Unit: "× the CPU"}
	fmt.Fprintf(p.out, "\n%s\n", row.Part)
	t := task{link: "s3", size: usual, secure: true}
	in, err := inTurn(ctx, p.runner(p.relayed("without the SDK", "bare"), t), p.runner(p.ours(), t), p.count)
	if err != nil {
		row.Failure = err.Error()
	}
	row.Samples = in.oursOver(cpu)
	return []result.Row{row}
}

// hashing compares the processor time of masterhand with that of a program that only hashes the
// same bytes.
func (p plan) hashing(ctx context.Context) []result.Row {
	row := result.Row{Part: processorTime, Name: "masterhand with TLS on both legs : openssl dgst -sha256", Unit: "× the CPU", Target: result.Target{Most: 2.4}}
	if program := absent([]string{"openssl"}); program != "" {
		row.Missing = "openssl does not run here"
		return []result.Row{row}
	}
	file := filepath.Join(p.dir, "object")
	if err := writeObject(file, usual); err != nil {
		row.Failure = err.Error()
		return []result.Row{row}
	}
	defer os.Remove(file)
	openssl := runner{"openssl dgst -sha256", func(ctx context.Context) (measurement, error) {
		return measure(ctx, [][]string{{"openssl", "dgst", "-sha256", file}}, os.Environ())
	}}
	in, err := inTurn(ctx, openssl, p.runner(p.ours(), task{link: "s3", size: usual, secure: true}), p.count)
	if err != nil {
		row.Failure = err.Error()
		return []result.Row{row}
	}
	row.Samples = in.oursOver(cpu)
	return append(figures(row.Part, openssl.name, usual, in.reference), row)
}

// slowPut measures masterhand on a link on which the upload is the bottleneck.
func (p plan) slowPut(ctx context.Context, secure bool) []result.Row {
	t := task{link: "put", size: usual, secure: secure}
	row := result.Row{
		Part: fmt.Sprintf("%s, the upload takes %.0f MB/s, %s", sized(t.size), links[t.link].putRate/1e6, way(secure)),
		Name: "masterhand, share of the limit", Unit: "%", Target: result.Target{Least: 95},
	}
	fmt.Fprintf(p.out, "\n%s\n", row.Part)
	runs, err := repeat(ctx, p.runner(p.ours(), t), p.count)
	if err != nil {
		row.Failure = err.Error()
		return []result.Row{row}
	}
	limit := seconds(t.size, links[t.link].putRate)
	row.Samples = each(runs, func(m measurement) float64 { return 100 * limit / wall(m) })
	return append(figures(row.Part, p.ours().name, t.size, runs), row)
}

// way returns in words whether a task uses TLS.
func way(secure bool) string {
	if secure {
		return "TLS"
	}
	return "plain"
}

// sized returns a size as a rounded text, such as "10 MB" or "256 MiB". The largest allowed upload,
// 5 GiB less 5 MiB, becomes "5 GiB".
func sized(size int64) string {
	switch {
	case size%1e6 == 0 && size >= gb:
		return fmt.Sprintf("%g GB", float64(size)/gb)
	case size%1e6 == 0:
		return fmt.Sprintf("%g MB", float64(size)/1e6)
	case size >= 1024*mib:
		return fmt.Sprintf("%.2g GiB", float64(size)/1024/mib)
	}
	return fmt.Sprintf("%.3g MiB", float64(size)/mib)
}

// writeObject writes the benchmark's object of this size to a file.
func writeObject(path string, size int64) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, io.NewSectionReader(transfertest.Pattern{Size: size}, 0, size))
	return errors.Join(err, file.Close())
}
