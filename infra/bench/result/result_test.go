package result_test

import (
	"testing"

	"masterhand/infra/bench/result"
)

func TestAMissedTargetFailsOnlyOnAQuietMachine(t *testing.T) {
	t.Parallel()
	least, most := result.Target{Least: 5}, result.Target{Most: 5}
	for name, c := range map[string]struct {
		row   result.Row
		quiet bool
		want  result.Verdict
	}{
		"at the least":        {result.Row{Samples: []float64{9, 5, 1}, Target: least}, true, result.Pass},
		"at the most":         {result.Row{Samples: []float64{9, 5, 1}, Target: most}, true, result.Pass},
		"missed":              {result.Row{Samples: []float64{4, 4, 9}, Target: least}, true, result.Fail},
		"exceeded":            {result.Row{Samples: []float64{6, 6, 1}, Target: most}, true, result.Fail},
		"missed in noise":     {result.Row{Samples: []float64{4, 4, 9}, Target: least}, false, result.Noisy},
		"steady, in noise":    {result.Row{Samples: []float64{4, 4, 9}, Target: least, Steady: true}, false, result.Fail},
		"missed by all":       {result.Row{Samples: []float64{4, 4, 4}, Target: least}, false, result.Fail},
		"met by a fifth":      {result.Row{Samples: []float64{4, 4, 4, 4, 9}, Target: least}, false, result.Fail},
		"met by a quarter":    {result.Row{Samples: []float64{9, 6, 6, 1}, Target: most}, false, result.Noisy},
		"not measured":        {result.Row{Missing: "no s5cmd", Target: least}, true, result.Unused},
		"failed in noise":     {result.Row{Failure: "other bytes", Target: least}, false, result.Fail},
		"without a target":    {result.Row{Samples: []float64{4}}, true, result.Unused},
		"failed, no target":   {result.Row{Failure: "other bytes"}, true, result.Fail},
		"even number of runs": {result.Row{Samples: []float64{4, 6}, Target: least}, true, result.Pass},
	} {
		if got := c.row.Verdict(c.quiet); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestTheSpreadIsOfAllSamples(t *testing.T) {
	t.Parallel()
	low, high := result.Row{Samples: []float64{3, 1, 2}}.Spread()
	if low != 1 || high != 3 {
		t.Errorf("%g to %g, want 1 to 3", low, high)
	}
}
