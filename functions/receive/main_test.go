package main

import (
	"os"
	"testing"

	"masterhand/infra/local/sim/programtest"
)

func TestMain(m *testing.M) {
	programtest.Main(main)
	os.Exit(m.Run())
}

// Without its settings the function must name all missing ones and must not start.
func TestMainRefusesItsConfiguration(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ environment, want []string }{
		"nothing":         {[]string{"AWS_REGION=eu-central-1"}, []string{"MASTERS_BUCKET", "LEDGER_TABLE", "DESTINATIONS_SECRET", "DOORS"}},
		"a door's places": {[]string{`DOORS={"queue":{"destination":"ads"},"bucket":{"destination":"ads"}}`}, []string{"DOOR_QUEUE_URL", "DOOR_BUCKET", "DOOR_EVENTS_QUEUE_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			programtest.Refuses(t, test.environment, test.want...)
		})
	}
}
