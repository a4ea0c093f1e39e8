package system_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/shared/request/ledger"
)

// wrappedEvery reduces the number of keys: this test uses every 11th key of names-grid.tsv. The
// tests of the package placement use all keys.
const wrappedEvery = 11

// If a key contains a creative's code, a request for that creative must never be skipped with the
// reason "no_match:creative". It must get the file, or wait in the queue with a detail that names
// the key.
func TestAWrappedCreativeIsNeverReportedAbsent(t *testing.T) {
	byEachDoor(t, testAWrappedCreativeIsNeverReportedAbsent)
}

func testAWrappedCreativeIsNeverReportedAbsent(t *testing.T, s *env) {
	grid, err := os.ReadFile("../../../../shared/library/placement/testdata/names-grid.tsv")
	if err != nil {
		t.Fatal(err)
	}
	data := sample(t, "HRT-1212/v2/en/9x16.mp4")
	number := 7000
	for i, line := range strings.Split(strings.TrimSpace(string(grid)), "\n")[1:] {
		columns := strings.Split(line, "\t")
		if i%wrappedEvery != 0 || !strings.Contains(columns[2], "1212") {
			continue
		}
		number++
		own := fmt.Sprint(number) // each key gets its own creative, so that the keys do not affect each other
		key := strings.ReplaceAll(columns[2], "1212", own)
		t.Run(columns[0], func(t *testing.T) {
			t.Parallel()
			s.Put(t, key, data)
			if _, err := s.Masters.Indexed(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			request := s.request(t, adplatform.Slot{Code: "HRT-" + own, Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16"}, adplatform.Options{})
			s.send(t, request.Event())
			eventually(t, "the request for the creative of "+key+" ends, or is held by that key", func(context.Context) bool {
				item := s.Item(t, request)
				return item.State.Ended() || item.State == ledger.Queued && strings.Contains(item.Detail, key)
			})
			if item := s.Item(t, request); item.Decision != nil && item.Decision.Skip == "no_match:creative" {
				t.Errorf("%s: skipped, although the key names the creative", key)
			}
		})
	}
}
