package collect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/collect"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

func TestStoredBySender(t *testing.T) {
	t.Parallel()
	approved := func(bucket string) string {
		return `{"id":"evt_1","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[
			{"id":"1","status":"uploaded","s3_objects":[{"bucket":"` + bucket + `","key":"theirs.png","status":"uploaded"}]}]}}}`
	}
	d := newFixture()
	m := d.store(t, senders.AdReform, intake.Coordinates{}, approved("masters"))
	if o := d.collect(t, m); o.Done || o.Files[0].Code != collect.CodeAbsent {
		t.Errorf("not there: %+v", o)
	}
	d.bucket.Put("theirs.png", []byte(png))
	if o := d.collect(t, m); !o.Done || o.Files[0].State != timeline.Stored || o.Files[0].Key != "theirs.png" || o.Files[0].Size != int64(len(png)) {
		t.Errorf("there: %+v", o)
	}
	if len(d.bucket.Objects()) != 1 {
		t.Error("it is copied")
	}
	d = newFixture()
	if o := d.collect(t, d.store(t, senders.AdReform, intake.Coordinates{}, approved("another"))); !o.Done ||
		o.Files[0].State != timeline.Failed || o.Files[0].Code != collect.CodeForeignBucket {
		t.Errorf("in another bucket: %+v", o)
	}
}

// A file has a link, but its object is not in our bucket. If the sender named another bucket, the
// file must be fetched from the link at once. If it named our bucket, the file must be fetched when
// the time absentFor has passed.
func TestAFileInAnotherBucketIsFetched(t *testing.T) {
	t.Parallel()
	address := server(t, serving([]byte(png), `"v1"`))
	approved := func(bucket string) string {
		return `{"id":"evt_1","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[
			{"id":"1","status":"uploaded","image_url":"` + address + `"}],
			"s3_objects":[{"bucket":"` + bucket + `","key":"theirs.png","status":"uploaded"}]}}}`
	}
	stored := func(d *fixture, o collect.Outcome) error {
		f := o.Files[len(o.Files)-1]
		if !o.Done || o.Err != nil || f.State != timeline.Stored || f.Code != "" || !strings.HasPrefix(f.Key, "lib/proofs/adreform/set/s/screenshot/") ||
			string(d.bucket.Objects()[f.Key].Data) != png {
			return fmt.Errorf("%+v", o)
		}
		return nil
	}
	d := newFixture()
	if err := stored(d, d.collect(t, d.store(t, senders.AdReform, intake.Coordinates{}, approved("another")))); err != nil {
		t.Errorf("in another bucket: %v", err)
	}
	d = newFixture()
	m := d.store(t, senders.AdReform, intake.Coordinates{}, approved("masters"))
	d.collect(t, m)
	d.advance(10 * time.Minute)
	if o := d.collect(t, m); o.Done || o.Bytes != 0 || o.Files[len(o.Files)-1].Code != collect.CodeAbsent {
		t.Errorf("perhaps on its way: %+v", o)
	}
	d.advance(time.Second)
	if err := stored(d, d.collect(t, m)); err != nil {
		t.Errorf("absent for long: %v", err)
	}
}

// A set of screenshots does not say which object shows which screenshot. At first our bucket has
// all, some or none of the objects. In the end it must have every screenshot. If it had all
// objects, no screenshot may be fetched.
func TestNoProofIsLost(t *testing.T) {
	t.Parallel()
	pictures := []string{png + " one", png + " number two"}
	one, two := server(t, serving([]byte(pictures[0]), `"v1"`)), server(t, serving([]byte(pictures[1]), `"v2"`))
	approved := func(bucket, failed string) string {
		return `{"id":"e1","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[
			{"id":"1","status":"uploaded","image_url":"` + one + `"},{"id":"2","status":"uploaded","image_url":"` + two + `"}` + failed + `],
			"s3_objects":[{"bucket":"` + bucket + `","key":"B.png","status":"uploaded"},{"bucket":"` + bucket + `","key":"A.png","status":"uploaded"}]}}}`
	}
	for name, test := range map[string]struct {
		bucket, failed string
		ours           []string // the objects that exist in our bucket
		ended          map[string]timeline.FileState
	}{
		"one failed, one object is there": {"masters", `,{"id":"3","status":"ad_not_captured"}`, []string{"A.png"}, map[string]timeline.FileState{"A.png": timeline.Stored, "B.png": timeline.Failed}},
		"one object is there":             {"masters", "", []string{"A.png"}, map[string]timeline.FileState{"A.png": timeline.Stored, "B.png": timeline.Failed}},
		"both are":                        {"masters", "", []string{"A.png", "B.png"}, map[string]timeline.FileState{"A.png": timeline.Stored, "B.png": timeline.Stored}},
		"in another bucket":               {"another", "", nil, map[string]timeline.FileState{"A.png": timeline.Recorded, "B.png": timeline.Recorded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newFixture()
			for _, key := range test.ours {
				d.bucket.Put(key, []byte(pictures[0]))
			}
			m := d.store(t, senders.AdReform, intake.Coordinates{}, approved(test.bucket, test.failed))
			d.collect(t, m)
			d.advance(24*time.Hour + time.Second)
			o := d.collect(t, m)
			if !o.Done || slices.ContainsFunc(o.Ended, func(f timeline.File) bool { return f.Code == collect.CodeForeignBucket }) {
				t.Errorf("%+v", o)
			}
			line := d.line(t, senders.AdReform, "set/s")
			for i, name := range []string{"screenshot/1", "screenshot/2"} {
				if f := line.File(name); len(test.ours) == 2 {
					if f == nil || f.State != timeline.Recorded || len(d.bucket.Objects()) != 2 {
						t.Errorf("%s is copied: %+v", name, f)
					}
				} else if f == nil || f.State != timeline.Stored || string(d.bucket.Objects()[f.Key].Data) != pictures[i] {
					t.Errorf("%s: %+v", name, f)
				}
			}
			for _, f := range o.Event.Files {
				if f.Stored != nil && line.File(f.Name).State != test.ended[f.Stored.Key] {
					t.Errorf("%s: %+v", f.Stored.Key, line.File(f.Name))
				}
			}
		})
	}
}
