package main

import (
	"testing"
	"time"

	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// What runs on one machine goes by the numbers that are deployed.
func TestOneMachineHasTheSameNumbers(t *testing.T) {
	for name, spec := range map[string]queueSpec{services.FinishQueue: finishQueue, services.CollectQueue: collectQueue} {
		want := services.Numbers{
			Visibility: time.Duration(spec.worker.timeout+margin) * time.Second,
			Retention:  time.Duration(spec.retention) * time.Hour, Receives: int(spec.receives),
		}
		if got := services.NumbersOf(name); got != want {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
	for _, p := range []program{fulfillProgram, finishProgram, intakeProgram, collectProgram} {
		if got, want := system.Timeout(p.name), time.Duration(p.timeout)*time.Second; got != want {
			t.Errorf("%s may run for %v, want %v", p.name, got, want)
		}
	}
}
