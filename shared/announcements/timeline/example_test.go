package timeline_test

import (
	"context"
	"fmt"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/timelinetest"
)

func Example() {
	e := senders.Event{Sender: senders.Hoox, Subject: "job/1", Identity: "completed", Type: "job.completed", At: start}
	t, err := timeline.Change(context.Background(), timelinetest.NewMemory(), e.Sender, e.Subject, func(t *timeline.Timeline) bool {
		return t.Take(e, "raw/1", start, start)
	})
	fmt.Println(len(t.Entries), t.Entries[0].Type, err)
	// Output: 1 job.completed <nil>
}
