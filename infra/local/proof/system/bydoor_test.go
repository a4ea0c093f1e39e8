package system_test

import (
	"sync"
	"testing"

	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/doors"
)

// byEachDoor runs a test once for each door of the shared system: the function URL, the queue and
// the bucket.
func byEachDoor(t *testing.T, test func(*testing.T, *env)) {
	t.Parallel()
	running(t).byEachDoor(t, test)
}

// byEachDoor runs a test once for each door of the system e.
func (e *env) byEachDoor(t *testing.T, test func(*testing.T, *env)) {
	for _, door := range scenariotest.Doors {
		t.Run(scenariotest.DoorName(door), func(t *testing.T) {
			t.Parallel()
			test(t, e.through(door))
		})
	}
}

// through returns a copy of e whose methods send all events through the given door.
func (e *env) through(door doors.Door) *env {
	other := *e
	other.door = door
	return &other
}

// copies sends n copies of an event at the same time and returns their answers.
func (e *env) copies(t *testing.T, event gateway.Event, n int) []gateway.Result {
	t.Helper()
	if e.door == "" {
		return e.Gateway.SendCopies(t.Context(), event, n)
	}
	results := make([]gateway.Result, n)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = e.SendThrough(t.Context(), e.door, event) })
	}
	all.Wait()
	return results
}
