package placement_test

import (
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/placement"
)

// A placement shows that a key belongs elsewhere only if its code cannot be a spelling of
// the wanted one.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		placed, wanted creative.Creative
		want           bool
	}{
		{creative.Creative{Code: "HRT-1212", Variation: 3}, creative.Creative{Code: "hrt-1212", Variation: 2}, true},
		{creative.Creative{Code: "hrt-1212", Variation: 2}, creative.Creative{Code: "HRT-1212", Variation: 2}, false},
		{creative.Creative{Code: "OTHER", Variation: 2}, creative.Creative{Code: "HRT-1212", Variation: 2}, true},
		{creative.Creative{Code: "CLIENT-HRT-1212", Variation: 2}, creative.Creative{Code: "HRT-1212", Variation: 2}, false},
		{creative.Creative{Code: "HRT1212", Variation: 2}, creative.Creative{Code: "HRT-1212", Variation: 2}, false},
		{creative.Creative{Code: "HRT-1212-A", Variation: 2}, creative.Creative{Code: "HRT-1212", Variation: 2}, false},
		{creative.Creative{Code: "HRT-1212-2", Variation: 9}, creative.Creative{Code: "HRT-1212", Variation: 2}, false},
		{creative.Creative{Code: "HRT-1212-2025", Variation: 2}, creative.Creative{Code: "HRT-1212", Variation: 2}, false},
		{creative.Creative{Code: "AD-X2", Variation: 1}, creative.Creative{Code: "AD-X", Variation: 1}, true},
		{creative.Creative{Code: "AD-X2", Variation: 1}, creative.Creative{Code: "AD-X", Variation: 2}, false},
	} {
		if got := placement.Elsewhere(c.placed, c.wanted); got != c.want {
			t.Errorf("placed at %s, wanted %s: %t", c.placed, c.wanted, got)
		}
	}
}
