package collect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/collect"
	"masterhand/shared/intake"
	"masterhand/shared/senders"
	"masterhand/shared/timeline"
)

func TestStoredBySender(t *testing.T) {
	t.Parallel()
	approved := func(bucket string) string {
		return `{"id":"evt_1","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[
			{"id":"1","status":"uploaded","s3_objects":[{"bucket":"` + bucket + `","key":"theirs.png","status":"uploaded"}]}]}}}`
	}
	d := newDesk(t)
	m := d.keep(t, senders.AdReform, intake.Coordinates{}, approved("masters"))
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
	d = newDesk(t)
	if o := d.collect(t, d.keep(t, senders.AdReform, intake.Coordinates{}, approved("another"))); !o.Done ||
		o.Files[0].State != timeline.Failed || o.Files[0].Code != collect.CodeForeignBucket {
		t.Errorf("in another bucket: %+v", o)
	}
}

// What is not in our bucket is fetched from its link, if it has one: at once where the
// bucket is another's, else when the object has stayed away.
func TestStoredElsewhere(t *testing.T) {
	t.Parallel()
	address := server(t, serving([]byte(png), `"v1"`))
	approved := func(bucket string) string {
		return `{"id":"evt_1","topic":"screenshot_set.approved","data":{"object":{"id":"s","status":"approved","screenshots":[
			{"id":"1","status":"uploaded","image_url":"` + address + `"},{"id":"2","status":"ad_not_captured"}],
			"s3_objects":[{"bucket":"` + bucket + `","key":"theirs.png","status":"uploaded"}]}}}`
	}
	stored := func(d *desk, o collect.Outcome) error {
		f := o.Files[len(o.Files)-1]
		if !o.Done || o.Err != nil || f.State != timeline.Stored || f.Code != "" || !strings.HasPrefix(f.Key, "lib/proofs/adreform/set/s/object/") ||
			string(d.bucket.Objects()[f.Key].Data) != png {
			return fmt.Errorf("%+v", o)
		}
		return nil
	}
	d := newDesk(t)
	if err := stored(d, d.collect(t, d.keep(t, senders.AdReform, intake.Coordinates{}, approved("another")))); err != nil {
		t.Errorf("in another bucket: %v", err)
	}
	d = newDesk(t)
	m := d.keep(t, senders.AdReform, intake.Coordinates{}, approved("masters"))
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
