package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own program be the servers and contestants that a bench starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "source" || os.Args[1] == "sink" || os.Args[1] == "relay") {
		if err := run(os.Args[1:]); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestPlanMovesTheObject(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	plan := plan{sizes: []int64{3*mib + 7}, runs: 1, quick: true}
	err := plan.run(t.Context(), &out)
	if delivered := strings.Count(out.String(), "  ok\n"); delivered != 8 {
		t.Errorf("%d of 8 runs delivered (%v):\n%s", delivered, err, out.String())
	}
}

func TestOnceNoticesOtherBytes(t *testing.T) {
	t.Parallel()
	b, err := newBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	window := contestant{name: ours, commands: relayed(b.self, "window")}
	if _, err := b.once(t.Context(), window, 1000, true, expected(1000)); err != nil {
		t.Errorf("the object's own bytes: %v", err)
	}
	if _, err := b.once(t.Context(), window, 1000, true, expected(1001)); err == nil {
		t.Error("other bytes count as delivered")
	}
	failing := contestant{name: "false", commands: func(job) [][]string { return [][]string{{"false"}} }}
	if _, err := b.once(t.Context(), failing, 1000, true, expected(1000)); err == nil {
		t.Error("a command that fails counts as a run")
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	took := func(name string, size int64, wall, cpu time.Duration, memory int64) result {
		return result{contestant: contestant{name: name}, size: size, measurement: measurement{wall, cpu, memory}}
	}
	const size, large = judged, 8 * judged
	base := took(baseline, size, 4*time.Second, time.Second, 10*mib)
	good := took(ours, size, time.Second, time.Second, 40*mib)
	for name, test := range map[string]struct {
		results []result
		missed  string // what the line of the miss says; "" for none
	}{
		"all well":       {[]result{base, good}, ""},
		"too slow":       {[]result{base, took(ours, size, 1001*time.Millisecond, time.Second, 40*mib)}, "as fast as"},
		"too busy":       {[]result{base, took(ours, size, time.Second, 1200*time.Millisecond, 40*mib)}, "processor time"},
		"too large":      {[]result{base, took(ours, size, time.Second, time.Second, 65*mib)}, "of memory"},
		"growing":        {[]result{base, good, took(ours, large, time.Second, time.Second, 49*mib)}, "between all sizes"},
		"small and slow": {[]result{took(baseline, mib, 1, 1, 1), took(ours, mib, 9, 9, 9)}, ""},
		"not delivered":  {[]result{base, good, {contestant: contestant{name: "x"}, failure: errors.New("cut")}}, "delivers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := report(&out, test.results)
			if errors.Is(err, errMissed) != (test.missed != "") {
				t.Errorf("report = %v:\n%s", err, out.String())
			}
			for line := range strings.Lines(out.String()) {
				if missed := strings.HasPrefix(line, "FAIL"); missed && !strings.Contains(line, test.missed) || missed && test.missed == "" {
					t.Errorf("missed: %s", line)
				}
			}
		})
	}
}
