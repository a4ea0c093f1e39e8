package collecttest_test

import (
	"testing"

	"masterhand/shared/announcements/collect/collecttest"
)

func TestBucketKeepsTheContract(t *testing.T) {
	t.Parallel()
	collecttest.Run(t, func(*testing.T) collecttest.Subject {
		b := collecttest.NewBucket()
		return collecttest.Subject{Bucket: b, Read: func(_ *testing.T, key string) collecttest.Stored { return b.Objects()[key] }}
	})
}
