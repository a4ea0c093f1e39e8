package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/reindex"
)

// viewed shows these snapshots of the progress, and returns what was printed to standard error and
// to standard output.
func viewed(t *testing.T, width int, asJSON bool, looks ...reindex.Progress) (beside, out string) {
	t.Helper()
	var printed, shown bytes.Buffer
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &session{terminal: terminal{Screen: screen.Screen{Out: &printed, Width: width}, err: &shown}, asJSON: asJSON, now: func() time.Time { return now }}
	view := s.reindexView()
	for _, p := range looks {
		p.Run.ID, p.Run.Moved = "run", now.Add(-p.Run.Moved.Sub(time.Time{}))
		view.show(p)
		now = now.Add(10 * time.Second)
	}
	view.bar.end()
	return shown.String(), printed.String()
}

// at returns the progress of a reindex of 1,000 keys. ago is the time since its last progress.
func at(phase reindex.Phase, done int, ago time.Duration) reindex.Progress {
	return reindex.Progress{
		Run:    reindex.Run{Moved: time.Time{}.Add(ago), Step: reindex.Step{Phase: phase, Listed: 1000, Batches: 10}},
		Done:   done / 100,
		Counts: reindex.Counts{Keys: done},
	}
}

func TestReindexOnATerminal(t *testing.T) {
	t.Parallel()
	shown, _ := viewed(t, 80, false, at(reindex.Listing, 100, 0), at(reindex.Draining, 400, 0), at(reindex.Draining, 1000, 0))
	for _, want := range []string{"listing: 100 of 1,000, 9 queued", "draining: 400 of 1,000, 30/s, 20s left", "40%", "99%"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %q", want, shown)
		}
	}
	lines := strings.Split(strings.TrimRight(shown, "\r"), "\r")
	if last := lines[len(lines)-1]; strings.TrimSpace(last) != "" || strings.Contains(shown, "\n") {
		t.Errorf("the last line is %q, of %q", last, shown)
	}
	for _, line := range lines {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns wide: %q", n, line)
		}
	}
}

func TestReindexProgressWithoutATerminal(t *testing.T) {
	t.Parallel()
	shown, _ := viewed(t, 0, false, at(reindex.Listing, 0, 0), at(reindex.Listing, 0, 0), at(reindex.Draining, 500, 0))
	want := "listing: 1,000 listed, 0 done, 10 batches queued, 0/s\ndraining: 1,000 listed, 500 done, 5 batches queued, 25/s, 20s left\n"
	if shown != want {
		t.Errorf("shown %q", shown)
	}
}

// A stalled reindex is reported once, with the commands that help. If the reindex makes progress
// again, it is no longer reported.
func TestAStalledReindexIsReportedOnce(t *testing.T) {
	t.Parallel()
	still := []reindex.Progress{at(reindex.Listing, 0, 0), at(reindex.Sweeping, 0, 7*time.Minute), at(reindex.Sweeping, 0, 8*time.Minute), at(reindex.Sweeping, 0, 0)}
	for _, width := range []int{80, 0} {
		shown, _ := viewed(t, width, false, still...)
		if strings.Count(shown, "warning: the run has made no progress for 7m0s") != 1 || !strings.Contains(shown, "stalled for 8m0s") || !strings.Contains(shown, typed("redrive reindex")) {
			t.Errorf("width %d: %q", width, shown)
		}
	}
	_, out := viewed(t, 0, true, still...)
	var stalled []string
	for line := range strings.Lines(out) {
		var l look
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		stalled = append(stalled, l.Stalled)
	}
	if got := strings.Join(stalled, ","); got != ",7m0s,8m0s," {
		t.Errorf("stalled %q", got)
	}
}

// checking returns the progress of a reindex that has indexed ten million keys and now looks them
// up in the bucket. The parameter checked is the number of keys that were looked up so far.
func checking(phase reindex.Phase, checked int) reindex.Progress {
	began := time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)
	return reindex.Progress{
		Run: reindex.Run{Started: began.Add(-time.Hour), Step: reindex.Step{
			Phase: phase, Listed: 10_000_100, Batches: 100_001, Checked: checked, Since: began,
		}},
		Done: 100_001, Counts: reindex.Counts{Keys: 10_000_100, Placed: 9_900_000, Unplaced: 100_000, Gone: 100},
	}
}

// After all keys are indexed, the reindex looks them up in the bucket (the sweep). The sweep's
// progress begins at 0, and its rate is measured from the start of the sweep.
func TestTheSweepShowsItsOwnProgress(t *testing.T) {
	t.Parallel()
	draining := checking(reindex.Draining, 0)
	looks := []reindex.Progress{draining, checking(reindex.Sweeping, 0), checking(reindex.Sweeping, 50_000), checking(reindex.Clearing, 9_950_000)}
	shown, _ := viewed(t, 80, false, looks...)
	for _, want := range []string{"checking: 0 of 10,000,000, 0/s", "checking: 50,000 of 10,000,000, 5,000/s, 33m10s left", "99%"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %q", want, shown)
		}
	}
	shown, _ = viewed(t, 0, false, looks...)
	if want := "sweeping: 50,000 of 10,000,000 keys checked, 5,000/s, 33m10s left\n"; !strings.Contains(shown, want) {
		t.Errorf("no %q in %q", want, shown)
	}
	_, out := viewed(t, 0, true, looks...)
	var l look
	if err := json.Unmarshal([]byte(strings.Split(out, "\n")[2]), &l); err != nil {
		t.Fatal(err)
	}
	if l.Checked != 50_000 || l.ToCheck != 10_000_000 || l.Rate != 5000 || l.Left != "33m10s" {
		t.Errorf("%+v", l)
	}
}

// "reindex --status" shows the average rate since the start of the phase. If the time of that start
// is unknown, it shows no rate.
func TestReindexStatusShowsTheRate(t *testing.T) {
	t.Parallel()
	unknown := checking(reindex.Sweeping, 10)
	unknown.Run.Step.Since = time.Time{}
	for want, p := range map[string]reindex.Progress{
		"sweeping: 3,600,000 of 10,000,000 keys checked, 1,000/s, 1h46m40s left\n":           checking(reindex.Sweeping, 3_600_000),
		"sweeping: 10 of 10,000,000 keys checked, 0/s\n":                                     unknown,
		"draining: 10,000,100 listed, 10,000,100 done, 0 batches queued, 1,389/s, 0s left\n": checking(reindex.Draining, 0),
	} {
		for _, asJSON := range []bool{false, true} {
			var out bytes.Buffer
			s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}, err: &out}, asJSON: asJSON, now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }}
			p.Run.ID, p.Run.Moved = "run", s.now()
			s.reindexView().status(p)
			if !asJSON && out.String() != want {
				t.Errorf("%q, want %q", out.String(), want)
			}
			if asJSON && strings.Contains(out.String(), `"toCheck":10000000,`) != p.Run.Checking() {
				t.Errorf("%s", out.String())
			}
		}
	}
}

// The text beside the bar fits a terminal of 80 columns even for the largest library.
func TestTheProgressOfALargeReindexFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for _, phase := range []reindex.Phase{reindex.Listing, reindex.Confirming, reindex.Draining, reindex.Sweeping, reindex.Clearing} {
		first, second := checking(phase, 1_000_000), checking(phase, 1_012_340)
		first.Counts.Keys, first.Done = 1_000_000, 10_000
		second.Counts.Keys, second.Done, second.Run.Step.Imported = 1_012_340, 10_123, 9_000_000
		standing := second
		standing.Run.Moved = time.Time{}.Add(12 * time.Hour)
		shown, _ := viewed(t, 80, false, first, second, standing)
		for line := range strings.SplitSeq(shown, "\r") {
			if n := len([]rune(line)); n > 80 && !strings.Contains(line, "warning") {
				t.Errorf("%d columns wide: %q", n, line)
			}
		}
	}
}

// The printed commands work as they are, because they contain the flags that select the same
// deployment.
func TestTheHintAboutAStalledReindexNamesItsDeployment(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &session{
		terminal: terminal{Screen: screen.Screen{Out: &bytes.Buffer{}}, err: &shown}, now: func() time.Time { return now },
		name: "staging", nameGiven: true, region: "eu-central-1",
	}
	p := at(reindex.Draining, 500, 0)
	p.Run.ID, p.Run.Moved = "run", now.Add(-time.Hour)
	s.reindexView().show(p)
	for _, command := range []string{typed("logs --function index"), typed("redrive reindex")} {
		if want := `"` + command + ` --name staging --region eu-central-1"`; !strings.Contains(shown.String(), want) {
			t.Errorf("no %s in %q", want, shown.String())
		}
	}
}
