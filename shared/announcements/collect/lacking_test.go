package collect_test

import (
	"encoding/json"
	"strings"
	"testing"

	"masterhand/events"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// An announcement that brings no file although its kind must is a failure, and told once.
func TestAnExportWithoutALinkIsAFailure(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("06-hoox-export-without-url.json")
	var c struct {
		Body json.RawMessage
		Want string
	}
	if err != nil || json.Unmarshal(data, &c) != nil || !strings.Contains(c.Want, "CollectFailures by reason url_absent") {
		t.Fatalf("%v: %s", err, data)
	}
	d := newFixture()
	key := d.store(t, senders.Hoox, intake.Coordinates{}, string(c.Body))
	for i, want := range []int{1, 0} {
		o := d.collect(t, key)
		if len(o.Ended) != want || want > 0 && (o.Ended[0].State != "failed" || o.Ended[0].Code != senders.ProblemURLAbsent) {
			t.Errorf("try %d: %+v", i+1, o.Ended)
		}
	}
}
