package timelinetest_test

import (
	"testing"

	"masterhand/shared/announcements/timeline"
	"masterhand/shared/announcements/timeline/timelinetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	timelinetest.Run(t, func(*testing.T) timeline.Store { return timelinetest.NewMemory() })
}
