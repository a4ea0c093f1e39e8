package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"masterhand/shared/reindex"
)

// viewed shows looks and returns what is said beside the output, and there.
func viewed(t *testing.T, screen, asJSON bool, looks ...reindex.Progress) (beside, out string) {
	t.Helper()
	var printed, shown bytes.Buffer
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s := &session{terminal: terminal{out: &printed, err: &shown, screen: screen}, now: func() time.Time { return now }}
	view := s.reindexView(asJSON)
	for _, p := range looks {
		p.Run.ID, p.Run.Moved = "run", now.Add(-p.Run.Moved.Sub(time.Time{}))
		view.show(p)
		now = now.Add(10 * time.Second)
	}
	view.bar.end()
	return shown.String(), printed.String()
}

// at is a look at a run of 1,000 keys, so many of them done, that last moved so long ago.
func at(phase reindex.Phase, done int, ago time.Duration) reindex.Progress {
	return reindex.Progress{
		Run:    reindex.Run{Moved: time.Time{}.Add(ago), Step: reindex.Step{Phase: phase, Listed: 1000, Batches: 10}},
		Done:   done / 100,
		Counts: reindex.Counts{Keys: done},
	}
}

func TestReindexOnATerminal(t *testing.T) {
	t.Parallel()
	shown, _ := viewed(t, true, false, at(reindex.Listing, 100, 0), at(reindex.Draining, 400, 0), at(reindex.Draining, 1000, 0))
	for _, want := range []string{"listing: 100 of 1000, 9 queued", "draining: 400 of 1000, 6 queued, 30/s, about 20s left", "40%", "99%"} {
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

func TestReindexElsewhere(t *testing.T) {
	t.Parallel()
	shown, _ := viewed(t, false, false, at(reindex.Listing, 0, 0), at(reindex.Listing, 0, 0), at(reindex.Draining, 500, 0))
	want := "listing: 1000 listed, 0 done, 10 batches queued, 0/s\ndraining: 1000 listed, 500 done, 5 batches queued, 25/s, about 20s left\n"
	if shown != want {
		t.Errorf("shown %q", shown)
	}
}

// A run that stands still is told, once, with what to do; one that moves on no longer.
func TestReindexThatStandsStill(t *testing.T) {
	t.Parallel()
	still := []reindex.Progress{at(reindex.Listing, 0, 0), at(reindex.Sweeping, 0, 7*time.Minute), at(reindex.Sweeping, 0, 8*time.Minute), at(reindex.Sweeping, 0, 0)}
	for _, screen := range []bool{true, false} {
		shown, _ := viewed(t, screen, false, still...)
		if strings.Count(shown, "warning: nothing has moved for 7m0s") != 1 || !strings.Contains(shown, "stalled for 8m0s") || !strings.Contains(shown, "ops redrive reindex") {
			t.Errorf("screen %v: %q", screen, shown)
		}
	}
	_, out := viewed(t, false, true, still...)
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
