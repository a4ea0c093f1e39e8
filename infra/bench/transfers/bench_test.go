package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/infra/bench/result"
	"masterhand/shared/request/transfer/transfertest"
)

// TestMain lets this test program act as a server or as a contestant when a bench starts it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"source", "sink", "relay", "within"}, os.Args[1]) {
		if err := run(os.Args[1:]); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func newTestBench(t *testing.T, out io.Writer) *bench {
	t.Helper()
	b, err := newBench(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b
}

func TestEveryContestantDeliversTheObject(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := newTestBench(t, &out)
	list := []contestant{b.copy(), b.ours(), b.relayed("bare", "bare")}
	for _, c := range others() {
		// leaves out the AWS command line (contestant "aws s3 cp | curl"), because it takes seconds
		// to start
		if absent(c.needs) == "" && c.name != "aws s3 cp | curl" {
			list = append(list, c)
		}
	}
	for _, c := range list {
		for _, secure := range []bool{false, true} {
			if _, err := b.once(t.Context(), c, task{link: "s3", size: 3*mib + 7, secure: secure}); err != nil {
				t.Errorf("%s, %s: %v", c.name, way(secure), err)
			}
		}
	}
}

func TestARunWithOtherBytesFails(t *testing.T) {
	t.Parallel()
	b := newTestBench(t, io.Discard)
	b.sums[1000] = b.sum(1001)
	if _, err := b.once(t.Context(), b.ours(), task{link: "free", size: 1000, secure: true}); err == nil {
		t.Error("another hash counts as delivered")
	}
	short := contestant{name: "short", commands: func(j job) [][]string {
		j.from, j.size = strings.Replace(j.from, "/1001/", "/1000/", 1), 1000
		return b.ours().commands(j)
	}}
	if _, err := b.once(t.Context(), short, task{link: "free", size: 1001}); err == nil {
		t.Error("another object counts as delivered")
	}
	failing := contestant{name: "false", commands: func(job) [][]string { return [][]string{{"false"}} }}
	if _, err := b.once(t.Context(), failing, task{link: "free", size: 1000}); err == nil {
		t.Error("a command that fails counts as a run")
	}
}

func TestASourceCutsEveryFourthAnswer(t *testing.T) {
	t.Parallel()
	b := newTestBench(t, io.Discard)
	const size = 32 * mib // the size of eight ranges of 4 MiB
	m, err := b.once(t.Context(), b.ours(), task{link: "cut", size: size, secure: true})
	if err != nil {
		t.Fatal(err)
	}
	if m.counts.Gets < 10 || m.counts.Sent < size {
		t.Errorf("%d bytes in %d GETs, want %d bytes and at least 10 GETs", m.counts.Sent, m.counts.Gets, size)
	}
}

func TestPartsReportTheirFigures(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := plan{bench: newTestBench(t, &out), count: 1}
	rows := p.race(t.Context(), race{task: task{link: "s3", size: usual / 64, secure: true}, targets: true}, []contestant{p.copy()})
	var judged int
	for _, row := range rows {
		if row.Failure != "" || len(row.Samples) != 1 || row.Samples[0] <= 0 {
			t.Errorf("no figure: %+v", row)
		}
		if row.Target != (result.Target{}) {
			judged++
		}
	}
	if len(rows) != 11 || judged != 4 {
		t.Errorf("%d rows, %d with a target, want 11 and 4", len(rows), judged)
	}
	if !strings.Contains(out.String(), "io.Copy") {
		t.Errorf("a run is not told:\n%s", out.String())
	}
}

func TestPairsRunInTurn(t *testing.T) {
	t.Parallel()
	var order []string
	fake := func(name string, walls ...time.Duration) runner {
		i := -1
		return runner{name, func(context.Context) (measurement, error) {
			order = append(order, name)
			if i++; i == len(walls) {
				return measurement{}, errors.New("cut")
			}
			return measurement{wall: walls[i], cpu: walls[i], memory: mib}, nil
		}}
	}
	in, err := inTurn(t.Context(), fake("a", 8*time.Second, 16*time.Second, 32*time.Second), fake("b", 4*time.Second, 4*time.Second, 4*time.Second), 3)
	if err != nil || strings.Join(order, "") != "ababab" {
		t.Fatalf("order %v, error %v", order, err)
	}
	if got := in.referenceOver(wall); !slices.Equal(got, []float64{2, 4, 8}) {
		t.Errorf("ratios %v, want those of each pair", got)
	}
	if got := in.oursOver(cpu); !slices.Equal(got, []float64{0.5, 0.25, 0.125}) {
		t.Errorf("ratios %v, want those of each pair", got)
	}
	if _, err := inTurn(t.Context(), fake("a", 1), fake("b", 1), 2); err == nil {
		t.Error("a run that failed counts")
	}
}

func TestAThrottleLetsABurstPassAndThenItsRate(t *testing.T) {
	t.Parallel()
	throttle := &throttle{burst: 1000, rate: 100}
	now := time.Unix(0, 0)
	for _, step := range []struct {
		after time.Duration
		bytes int
		wait  time.Duration
	}{
		{0, 1000, 0},
		{0, 50, 500 * time.Millisecond},
		// The credit was -50 bytes and grows by 100 bytes in one second, to 50. A use of 100 bytes
		// exceeds it by 50 bytes, which take half a second.
		{time.Second, 100, 500 * time.Millisecond},
		// the credit never exceeds the burst of 1,000 bytes, however long the pause is
		{time.Hour, 1000, 0},
		{0, 100, time.Second},
	} {
		now = now.Add(step.after)
		if got := throttle.take(now, step.bytes); got != step.wait {
			t.Errorf("%d bytes wait %v, want %v", step.bytes, got, step.wait)
		}
	}
	if wait := links["free"].throttle().take(now, 1e9); wait != 0 {
		t.Errorf("a link without a card waits %v", wait)
	}
}

func TestTheModelReturnsTheShortestTime(t *testing.T) {
	t.Parallel()
	near := func(got time.Duration, want float64) bool {
		return got.Seconds() > want*0.999 && got.Seconds() < want*1.001
	}
	for name, c := range map[string]struct {
		link string
		size int64
		want float64 // expected time in seconds
	}{
		"one range":             {"s3", 1e6, 0.020 + 1e6/90e6},
		"eight whole rounds":    {"s3", 256 * mib, 8 * (0.020 + 4*mib/90e6)},
		"the upload's own rate": {"put", 1e9, 0.020 + 10},
		"a burst of the card":   {"card", 256 * mib, 8 * (0.020 + 4*mib/90e6)},
		"the card's rate":       {"card", 5120 * mib, 4820.0 / 75},
		"no limit":              {"free", 1e9, 0},
	} {
		if got := links[c.link].model(c.size); !near(got, c.want) && got.Seconds() != c.want {
			t.Errorf("%s: %v, want %.3f s", name, got, c.want)
		}
	}
}

func TestACPUShareSlowsAProcess(t *testing.T) {
	t.Parallel()
	folder, err := shareOf(256)
	if err != nil {
		t.Skip(err)
	}
	defer os.Remove(folder)
	b := newTestBench(t, io.Discard)
	m, err := measure(t.Context(), b.within(folder, [][]string{{"sh", "-c", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done"}}), b.environment())
	if err != nil {
		t.Fatal(err)
	}
	// With 256 MB of memory, a function gets a seventh of a processor. The test allows a third.
	if m.cpu > m.wall/3 {
		t.Errorf("%v of processor time in %v", m.cpu, m.wall)
	}
}

func TestASinkComparesEveryByte(t *testing.T) {
	t.Parallel()
	object := transfertest.Pattern{Size: 300_000}
	other := object.Bytes()
	other[299_999]++
	for name, c := range map[string]struct {
		body []byte
		want bool
	}{
		"the object": {object.Bytes(), true},
		"one byte":   {other, false},
		"cut":        {object.Bytes()[:299_999], false},
		"longer":     {append(object.Bytes(), 0), false},
		"nothing":    {nil, false},
	} {
		against := &comparison{object: object}
		for piece := range slices.Chunk(c.body, 7000) {
			if n, err := against.Write(piece); n != len(piece) || err != nil {
				t.Fatal(n, err)
			}
		}
		if got := against.receipt() == whole; got != c.want {
			t.Errorf("%s: %s", name, against.receipt())
		}
	}
}
