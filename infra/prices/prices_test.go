package prices_test

import (
	"math"
	"testing"

	"masterhand/infra/prices"
)

// Each GB must cost the price of the tier that the month has reached.
func TestDataOutHasAPriceForEachTier(t *testing.T) {
	t.Parallel()
	for gb, want := range map[float64]float64{
		0: 0, 1000: 90, 10_240: 921.60, 20_240: 1771.60, 51_200: 4403.20, 153_600: 11_571.20, 1_153_600: 61_571.20,
	} {
		if got := prices.MonthOut(gb); math.Abs(got-want) > 0.001 {
			t.Errorf("%g GB in a month cost $%.2f, want $%.2f", gb, got, want)
		}
	}
}
