package fault_test

import (
	"slices"
	"testing"

	"masterhand/infra/local/sim/fault"
)

func TestScheduleHits(t *testing.T) {
	t.Parallel()
	down := fault.Status(503)
	tests := []struct {
		name string
		rule fault.Rule
		key  string
		want []bool // for each request in order: whether the rule must apply its fault
	}{
		{"each", fault.Rule{}, "a", []bool{true, true, true}},
		{"its key", fault.Rule{Key: "a"}, "a", []bool{true, true}},
		{"another key", fault.Rule{Key: "b"}, "a", []bool{false, false}},
		{"the first two", fault.Rule{Times: 2}, "a", []bool{true, true, false, false}},
		{"not the first", fault.Rule{Skip: 1}, "a", []bool{false, true, true}},
		{"every third", fault.Rule{Every: 3}, "a", []bool{true, false, false, true, false}},
		{"all of it", fault.Rule{Key: "a", Skip: 1, Every: 2, Times: 2}, "a", []bool{false, true, false, true, false, false}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.rule.Fault = down
			var schedule fault.Schedule
			schedule.Add(test.rule)
			var got []bool
			for range test.want {
				got = append(got, schedule.Take(test.key) == down)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("hits %v, want %v", got, test.want)
			}
		})
	}
}

func TestScheduleTakesRulesInOrder(t *testing.T) {
	t.Parallel()
	var schedule fault.Schedule
	schedule.Next(1, "a", fault.Status(500))
	schedule.Next(1, "", fault.Status(503))
	var got []int
	for _, key := range []string{"b", "a", "a"} {
		got = append(got, schedule.Take(key).Status)
	}
	if want := []int{503, 500, 0}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	if schedule.Hits() != 2 {
		t.Errorf("%d hits counted, want 2", schedule.Hits())
	}
	schedule.Next(1, "", fault.Status(500))
	schedule.Clear()
	if got := schedule.Take("a"); got.Kind != fault.None {
		t.Errorf("a cleared schedule still causes %+v", got)
	}
}
