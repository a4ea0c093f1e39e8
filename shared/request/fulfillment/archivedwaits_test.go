package fulfillment_test

import (
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
)

func TestArchivedWaitsForTheIndex(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newFixture(t)
		s.add(t, "HRT-1212/v2/en/old_9x16.mp4", film, true, func(m *masters.Master) { m.StorageClass = "GLACIER" })
		s.bucket.Archive("HRT-1212/v2/en/old_9x16.mp4")
		s.add(t, key, film, false, nil) // the master is in the bucket, but not indexed yet
		s.waiting = 1
		<-time.After(10 * time.Second)
		if o := s.fulfil(t, wanted()); o.Status == fulfillment.Failed {
			t.Errorf("%+v", o)
		}
	})
}
