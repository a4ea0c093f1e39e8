package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// What has to hold. Below a size, starting a process takes too much of the time to judge speed.
const (
	judged      = 256 * mib
	plainRatio  = 4.0      // times io.Copy, at least
	secureRatio = 3.5      // the same with TLS
	cpuRatio    = 1.15     // of io.Copy's processor time, at most
	memoryLimit = 64 * mib // of any upload
	memorySlack = 8 * mib  // between uploads of any two sizes
)

var errMissed = errors.New("not everything is as it should be")

func printHead(out io.Writer, size int64, secure bool) {
	fmt.Fprintf(out, "\n%-22s %9s %9s %9s %9s %9s %5s  %s\n", at(size, secure), "time", "MB/s", "faster", "memory", "CPU", "runs", "SHA-256")
}

// printRow prints a result with its ratios to the baseline among those before it.
func printRow(out io.Writer, r result, before []result) {
	if r.failure != nil {
		fmt.Fprintf(out, "  %-20s FAIL %v\n", r.name, r.failure)
		return
	}
	faster, cpu := "", fmt.Sprintf("%.2f s", r.cpu.Seconds())
	if base, ok := find(before, baselineOf(r), r.size, r.secure); ok {
		faster = fmt.Sprintf("%.2f ×", speed(base, r))
		cpu = fmt.Sprintf("%.2f ×", load(base, r))
	}
	fmt.Fprintf(out, "  %-20s %7.2f s %9.0f %9s %5.1f MiB %8s %5d  ok\n",
		r.name, r.wall.Seconds(), float64(r.size)/1e6/r.wall.Seconds(), faster, float64(r.memory)/mib, cpu, r.runs)
}

// report compares all results with what has to hold and says so.
func report(out io.Writer, results []result) error {
	t := &tally{out: out}
	fmt.Fprintln(out)
	for _, r := range results {
		if r.failure != nil {
			t.check(false, "%s: %s delivers the object", at(r.size, r.secure), r.name)
		}
	}
	for _, r := range results {
		base, ok := find(results, baselineOf(r), r.size, r.secure)
		if r.name != ours || r.failure != nil || !ok || r.size < judged {
			continue
		}
		least := plainRatio
		if r.secure {
			least = secureRatio
		}
		where := at(r.size, r.secure)
		t.check(speed(base, r) >= least, "%s: %.2f × as fast as io.Copy, at least %.1f", where, speed(base, r), least)
		t.check(load(base, r) <= cpuRatio, "%s: %.2f × its processor time, at most %.2f", where, load(base, r), cpuRatio)
	}
	t.checkMemory(results)
	if t.missed {
		return errMissed
	}
	return nil
}

// checkMemory checks our own peaks, those of the smallest and the largest upload against each other.
func (t *tally) checkMemory(results []result) {
	for _, secure := range []bool{false, true} {
		var mine []result
		for _, r := range results {
			if strings.HasPrefix(r.name, ours) && r.failure == nil && r.secure == secure {
				mine = append(mine, r)
			}
		}
		if len(mine) == 0 {
			continue
		}
		least, most := mine[0].memory, mine[0].memory
		for _, r := range mine {
			least, most = min(least, r.memory), max(most, r.memory)
		}
		t.check(most <= memoryLimit, "%s: %.1f MiB of memory, at most %d", way(secure), float64(most)/mib, memoryLimit/mib)
		t.check(most-least <= memorySlack, "%s: %.1f MiB between all sizes' memory, at most %d", way(secure), float64(most-least)/mib, memorySlack/mib)
	}
}

// tally prints what holds and what does not, and remembers the latter.
type tally struct {
	out    io.Writer
	missed bool
}

func (t *tally) check(holds bool, format string, args ...any) {
	word := "PASS"
	if !holds {
		word, t.missed = "FAIL", true
	}
	fmt.Fprintf(t.out, "%s  %s\n", word, fmt.Sprintf(format, args...))
}

// baselineOf names what a contestant is compared with: what makes the same hashes.
func baselineOf(r result) string {
	if r.md5 {
		return baseline + withMD5
	}
	return baseline
}

// find returns the result of a contestant that delivered.
func find(results []result, name string, size int64, secure bool) (result, bool) {
	for _, r := range results {
		if r.name == name && r.size == size && r.secure == secure && r.failure == nil {
			return r, true
		}
	}
	return result{}, false
}

func speed(base, r result) float64 {
	return float64(base.wall) / float64(max(r.wall, time.Microsecond))
}

func load(base, r result) float64 { return float64(r.cpu) / float64(max(base.cpu, time.Microsecond)) }

// at names a size and a way.
func at(size int64, secure bool) string {
	if size%(1024*mib) == 0 {
		return fmt.Sprintf("%d GiB, %s", size/mib/1024, way(secure))
	}
	return fmt.Sprintf("%d MiB, %s", size/mib, way(secure))
}

func way(secure bool) string {
	if secure {
		return "TLS"
	}
	return "plain"
}
