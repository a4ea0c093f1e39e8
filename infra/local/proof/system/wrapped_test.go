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

// wrappedEvery thins out the grid of keys: the running system is tried with every 11th key. Tests
// of the placement rules cover all keys.
const wrappedEvery = 11

// If a creative's code is part of a key, a request must never be answered with "no such creative".
// The request must be held with an explanation that names the key, or get the file.
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
