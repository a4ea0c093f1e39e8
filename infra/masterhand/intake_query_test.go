package main

import (
	"slices"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

func TestConditionAndReasonOfATimeline(t *testing.T) {
	t.Parallel()
	with := func(name string, state timeline.FileState, code, problem string) timeline.File {
		return timeline.File{Name: name, State: state, Code: code, Copy: timeline.Copy{Problem: problem}, Detail: "so"}
	}
	told := func(alert, detail string) timeline.State { return timeline.State{Alert: alert, Detail: detail} }
	waiting, stored := with("w", timeline.Announced, collect.CodeServer, ""), with("s", timeline.Stored, "", "")
	for name, test := range map[string]struct {
		state timeline.State
		files []timeline.File
		odd   []string
		want  timeline.Condition
		why   string
	}{
		"nothing":                {want: timeline.ConditionNoted},
		"only noted":             {files: []timeline.File{with("b", timeline.Recorded, "", "")}, want: timeline.ConditionNoted},
		"all there":              {files: []timeline.File{stored}, want: timeline.ConditionStored},
		"there, elsewhere":       {files: []timeline.File{with("s", timeline.Stored, "", collect.ProblemTag)}, want: timeline.ConditionStored, why: "s: tag: so"},
		"not understood":         {odd: []string{"status", "file"}, want: timeline.ConditionUnknown, why: "not understood: status, file"},
		"not all understood":     {odd: []string{"type"}, files: []timeline.File{with("b", timeline.Recorded, "", "")}, want: timeline.ConditionUnknown, why: "not understood: type"},
		"understood enough":      {odd: []string{"field"}, files: []timeline.File{stored}, want: timeline.ConditionStored},
		"without a link":         {odd: []string{"field"}, files: []timeline.File{with("l", timeline.Failed, senders.ProblemURLAbsent, "")}, want: timeline.ConditionFailed, why: "l: url_absent: so"},
		"one to come":            {files: []timeline.File{stored, waiting}, want: timeline.ConditionWaiting, why: "w: server: so"},
		"one failed":             {files: []timeline.File{waiting, with("f", timeline.Failed, collect.CodeEmpty, "")}, want: timeline.ConditionFailed, why: "f: empty: so"},
		"the sender failed":      {state: told(senders.AlertJobFailed, "no credits"), want: timeline.ConditionFailed, why: "job_failed: no credits"},
		"the sender's file did":  {state: told(senders.AlertScreenshotFailed, ""), files: []timeline.File{stored, with("k", timeline.Skipped, "status", "")}, want: timeline.ConditionFailed, why: "screenshot_failed: k: status: so"},
		"it failed and we, too":  {state: told(senders.AlertJobFailed, "why"), files: []timeline.File{with("f", timeline.Failed, collect.CodeEmpty, "")}, want: timeline.ConditionFailed, why: "f: empty: so"},
		"it says no more":        {state: told(senders.AlertBuildRejected, ""), want: timeline.ConditionFailed, why: "build_rejected"},
		"a reason without alert": {state: told("", "all is well"), files: []timeline.File{stored}, want: timeline.ConditionStored},
	} {
		line := timeline.Timeline{State: test.state, Files: test.files, Entries: []timeline.Entry{{}, {Unknown: test.odd}}}
		if got, why := line.Condition(), trouble(line); got != test.want || why != test.why {
			t.Errorf("%s: %s, %q, want %s, %q", name, got, why, test.want, test.why)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"36h": 36 * time.Hour, "10m": 10 * time.Minute, "1h5m": 65 * time.Minute, "7d": 7 * 24 * time.Hour, "90d": 90 * 24 * time.Hour, "1m30s": 90 * time.Second} {
		var a age
		if err := a.Set(text); err != nil || time.Duration(a) != want || a.String() != text {
			t.Errorf("%s: %s, %v", text, &a, err)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1d", "91d", "1.5d", "99999999999999999999d", "9223372036854775807d", "7", "-1h", "2161h", "week"} {
		var a age
		if err := a.Set(text); err == nil || a != 0 {
			t.Errorf("%q was taken as %s", text, &a)
		}
	}
}

// If a stored file must move to another key, "intake show" prints its present key as "earlier". If
// a copy of the file is left under an old key, "intake show" prints the old key as "orphan",
// because the operator should delete that copy.
func TestAFileShowsItsEarlierAndOrphanedKeys(t *testing.T) {
	t.Parallel()
	f := timeline.File{State: timeline.Stored, Copy: timeline.Copy{Key: "unsorted/f"}}
	f.Reopen(senders.File{Name: "f", Role: senders.Master}, "raw/2", time.Time{})
	lines := fileLines(f, time.Time{})
	if !slices.Contains(lines, [2]string{"earlier", "unsorted/f, until the file gets its final key"}) {
		t.Errorf("%v", lines)
	}
	f.Key = "X-1/v1/f"
	f.Leave(true)
	if lines := fileLines(f, time.Time{}); !slices.Contains(lines, [2]string{"orphan", "X-1/v1/f, which you should delete"}) {
		t.Errorf("%v", lines)
	}
}
