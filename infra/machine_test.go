package main

import (
	"testing"
	"time"

	"masterhand/infra/bench/model"
	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/infra/settings"
)

// The local system must use the template's numbers, such as time-outs and batch sizes.
func TestTheLocalSystemHasTheTemplatesNumbers(t *testing.T) {
	for name, spec := range map[string]queueSpec{services.FinishQueue: finishQueue, services.CollectQueue: collectQueue, services.DoorQueue: doorQueue, services.DoorEventsQueue: doorEventsQueue} {
		want := services.Numbers{
			Visibility: time.Duration(spec.worker.timeout+margin) * time.Second,
			Retention:  time.Duration(spec.retention) * time.Hour, Receives: int(spec.receives),
		}
		if got := services.NumbersOf(name); got != want {
			t.Errorf("%s has %+v, want %+v", name, got, want)
		}
	}
	for path, f := range synth(t, settings.Defaults()) {
		if f.Type != "AWS::Lambda::Function" {
			continue
		}
		format, level := f.get("LoggingConfig", "LogFormat"), f.get("LoggingConfig", "ApplicationLogLevel")
		if format != lambda.LogFormat || level != lambda.LogLevel {
			t.Errorf("%s logs %v from %v on, the functions on this machine %s from %s on", path, format, level, lambda.LogFormat, lambda.LogLevel)
		}
	}
	for _, p := range []program{fulfillProgram, finishProgram, intakeProgram, collectProgram, receiveProgram} {
		if got, want := system.Timeout(p.name), time.Duration(p.timeout)*time.Second; got != want {
			t.Errorf("%s may run for %v, want %v", p.name, got, want)
		}
	}
}

// The model of an account (infra/bench/model) must use the template's numbers, such as time-outs.
func TestTheModelHasTheTemplatesNumbers(t *testing.T) {
	count, all := map[string]int{}, synth(t, settings.Defaults())
	for path, r := range all {
		count[r.Type]++
		if memory := r.get("MemorySize"); r.Type == "AWS::Lambda::Function" && memory != float64(model.Memory) {
			t.Errorf("%s has %v MB, the model %d", path, memory, model.Memory)
		}
	}
	for kind, want := range map[string]int{
		"AWS::Lambda::EventSourceMapping": model.Queues,
		"AWS::SecretsManager::Secret":     model.Secrets, "AWS::CloudWatch::Dashboard": 1,
	} {
		if count[kind] != want {
			t.Errorf("the template has %d of %s, the model %d", count[kind], kind, want)
		}
	}
	if got := alarmMetrics(all); got != model.AlarmMetrics {
		t.Errorf("the template's alarms have %d metrics, those of the model %d", got, model.AlarmMetrics)
	}
}
