package timeline_test

import (
	"slices"
	"testing"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// A file that is announced without a usable link or object must count as lost. A failure that the
// sender reports must not count as a lost file.
func TestAFileWithoutALinkIsLost(t *testing.T) {
	t.Parallel()
	for problem, want := range map[string]timeline.FileState{
		senders.ProblemURLAbsent: timeline.Failed, senders.ProblemURLUnusable: timeline.Failed, senders.ProblemUnknown: timeline.Failed,
		senders.ProblemStatus: timeline.Skipped, "": timeline.Announced,
	} {
		var line timeline.Timeline
		line.Take(event("a", 1, start, senders.File{Name: "f", Problem: problem}), "raw/1", start, start)
		if f := line.File("f"); f.State != want || f.Code != problem || f.Lost() != (want == timeline.Failed) {
			t.Errorf("%q: %+v", problem, f)
		}
	}
}

// Fetching a file failed. If a later announcement of the file has no usable link or object, the
// timeline must keep the reason of this failure.
func TestAFailedTryKeepsItsReason(t *testing.T) {
	t.Parallel()
	var line timeline.Timeline
	line.Take(event("a", 1, start, senders.File{Name: "f"}), "raw/1", start, start)
	line.Files[0].State, line.Files[0].Code = timeline.Failed, "refused"
	line.Take(event("b", 1, start, senders.File{Name: "f", Problem: senders.ProblemURLAbsent}), "raw/2", start, start)
	if f := line.Files[0]; f.Code != "refused" || f.Record != "raw/1" {
		t.Errorf("%+v", f)
	}
}

// A subject's condition is unknown while one of its events is not understood and no file is stored.
func TestAnEventNotUnderstoodMakesTheConditionUnknown(t *testing.T) {
	t.Parallel()
	odd := event("done", 1, start)
	odd.Unknown = []string{senders.UnknownStatus}
	var line timeline.Timeline
	line.Take(event("a", 1, start), "raw/0", start, start)
	if line.Condition() != timeline.ConditionNoted || line.Unknown() != nil {
		t.Errorf("%+v", line)
	}
	line.Take(odd, "raw/1", start, start)
	if line.Condition() != timeline.ConditionUnknown || !slices.Equal(line.Unknown(), odd.Unknown) {
		t.Errorf("%s, %v", line.Condition(), line.Unknown())
	}
	stored, waiting := line, line
	stored.Files = []timeline.File{{State: timeline.Stored}}
	waiting.Files = []timeline.File{{State: timeline.Announced}}
	if stored.Condition() != timeline.ConditionStored || waiting.Condition() != timeline.ConditionWaiting {
		t.Errorf("with a file: %s, %s", stored.Condition(), waiting.Condition())
	}
	line.Take(event("done", 1, start), "raw/2", start, start) // adds the same event again, which is now understood
	line.Take(odd, "raw/3", start, start)
	if line.Condition() != timeline.ConditionNoted {
		t.Errorf("understood: %+v", line.Entries)
	}
}

// If the present code understands more of an event than before, a replay must update the event in
// the timeline. A second replay must change nothing.
func TestAReplayUsesThePresentCode(t *testing.T) {
	t.Parallel()
	odd, later := event("done", 1, start), start.Add(time.Hour)
	odd.Unknown = []string{senders.UnknownStatus}
	understood := event("done", 3, start)
	var line timeline.Timeline
	line.Take(odd, "raw/1", start, start)
	if line.Replay(odd, "raw/1", start, later) {
		t.Errorf("as before: %+v", line)
	}
	if !line.Replay(understood, "raw/1", start, later) || line.State.Rank != 3 || line.Unknown() != nil || !line.UpdatedAt.Equal(later) || line.Entries[0].Count != 1 {
		t.Errorf("%+v", line)
	}
	if line.Replay(understood, "raw/1", start, later) {
		t.Errorf("twice: %+v", line)
	}
	reason := understood
	reason.Detail = "said"
	if !line.Replay(reason, "raw/1", start, later) || line.State.Detail != "said" {
		t.Errorf("its reason: %+v", line.State)
	}
	line.Take(event("newer", 4, start), "raw/2", start, start)
	if line.Replay(event("done", 2, start), "raw/1", start, later) || line.State.Identity != "newer" {
		t.Errorf("an event that does not count: %+v", line.State)
	}
}
