package timeline_test

import (
	"fmt"
	"testing"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/capability"
)

// After a replay, a file that is not stored must be tried again, once, through the newest record.
func TestAReplayTriesAFileAgainOnce(t *testing.T) {
	t.Parallel()
	address, err := capability.Parse("https://Files.test/" + secret)
	if err != nil {
		t.Fatal(err)
	}
	fetchable := senders.File{Name: "f", Role: senders.Build, URL: address}
	absent := senders.File{Name: "f", Role: senders.Build, Problem: senders.ProblemURLAbsent}
	later := start.Add(time.Hour)
	for _, test := range []struct {
		name   string
		had    timeline.FileState
		record string // the record to replay; before the replay, the file's Record is "raw/2"
		file   senders.File
		at     time.Time
		want   bool
		state  timeline.FileState
	}{
		{"failed", timeline.Failed, "raw/2", fetchable, later, true, timeline.Announced},
		{"skipped, and lost as it is read now", timeline.Skipped, "raw/2", absent, later, true, timeline.Failed},
		{"skipped, and now understood", timeline.Skipped, "raw/2", fetchable, later, true, timeline.Announced},
		{"recorded", timeline.Recorded, "raw/2", fetchable, later, true, timeline.Announced},
		{"stored", timeline.Stored, "raw/2", fetchable, later, false, timeline.Stored},
		{"stored, by a newer record", timeline.Stored, "raw/3", fetchable, later, false, timeline.Stored},
		{"still to be fetched: for all of its time again", timeline.Announced, "raw/2", fetchable, later, true, timeline.Announced},
		{"still to be fetched, by a newer record", timeline.Announced, "raw/1", fetchable, later, false, timeline.Announced},
		{"failed, by an older record", timeline.Failed, "raw/1", fetchable, later, true, timeline.Announced},
		{"failed since it was asked for", timeline.Failed, "raw/2", fetchable, start, false, timeline.Failed},
		{"failed since, by an older record", timeline.Failed, "raw/1", fetchable, start, false, timeline.Failed},
		{"failed since, by a newer record", timeline.Failed, "raw/3", fetchable, start, true, timeline.Announced},
		{"nothing to fetch", timeline.Failed, "raw/2", absent, later, false, timeline.Failed},
	} {
		var line timeline.Timeline
		line.Take(event("a", 1, start, fetchable), "raw/1", start, start)
		line.Take(event("a", 1, start, fetchable), "raw/2", start, start)
		line.File("f").State = test.had
		if got := line.Replay(event("a", 1, start, test.file), test.record, start, test.at); got != test.want || line.File("f").State != test.state {
			t.Errorf("%s: %t, %+v", test.name, got, line.Files)
		}
		if test.want && (line.File("f").Record != test.record || !line.File("f").Since.Equal(test.at) || !line.UpdatedAt.Equal(test.at)) {
			t.Errorf("%s: %+v", test.name, line)
		}
		if line.Entries[0].Count != 2 {
			t.Errorf("%s: counted as come again", test.name)
		}
		if !test.want {
			continue
		}
		line.File("f").State = timeline.Failed // the file fails before the same replay is processed a second time
		if line.Replay(event("a", 1, start, test.file), test.record, start, test.at) || line.File("f").State != timeline.Failed {
			t.Errorf("%s, twice: %+v", test.name, line.Files)
		}
	}
}

// A replay must add an event if the present code computes another identity for it, or if the event's
// timeline no longer exists.
func TestAReplayAddsAnUnlistedEvent(t *testing.T) {
	t.Parallel()
	file := senders.File{Name: "new", Problem: senders.ProblemURLAbsent}
	later := start.Add(time.Hour)
	var line timeline.Timeline
	if !line.Replay(event("a", 1, start, file), "raw/1", start, later) || len(line.Entries) != 1 || !line.ReceivedAt.Equal(start) || len(line.Files) != 1 {
		t.Errorf("%+v", line)
	}
	another := senders.File{Name: "another", Problem: senders.ProblemURLAbsent}
	if !line.Replay(event("a", 1, start, file, another), "raw/1", start, later) || len(line.Files) != 2 || line.Entries[0].Count != 1 {
		t.Errorf("%+v", line)
	}
	tried := event("t", 1, start, file)
	tried.Test = true
	var empty timeline.Timeline
	if empty.Replay(tried, "raw/1", start, later); len(empty.Entries) != 1 || len(empty.Files) != 0 {
		t.Errorf("of a test: %+v", empty)
	}
}

// If a timeline is full and does not list an event, a replay of this event must not increase the
// field Unlisted.
func TestReplayWithinBounds(t *testing.T) {
	t.Parallel()
	var line timeline.Timeline
	one := func(i int) senders.Event {
		return event(fmt.Sprintf("%03d", i), i, start, senders.File{Name: fmt.Sprint(i), Problem: senders.ProblemURLAbsent})
	}
	for i := range timeline.MaxFiles + 1 {
		line.Take(one(i), fmt.Sprint("raw/", i), start, start)
	}
	unlisted := line.Unlisted
	if line.Replay(one(timeline.MaxFiles), "raw/200", start, start.Add(time.Hour)) || line.Unlisted != unlisted || unlisted == 0 {
		t.Errorf("%d unlisted, then %d", unlisted, line.Unlisted)
	}
}
