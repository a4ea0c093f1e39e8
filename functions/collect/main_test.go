package main

import (
	"os"
	"testing"

	"masterhand/infra/local/sim/programtest"
)

func TestMain(m *testing.M) {
	programtest.Main(main)
	os.Exit(shared.Run(m))
}

// Without its settings the function must name all problems and must not start.
func TestMainRefusesItsConfiguration(t *testing.T) {
	t.Parallel()
	programtest.Refuses(t, []string{"AWS_REGION=eu-central-1", "COLLECT_MAX_BYTES=x"}, "INTAKE_BUCKET", "COLLECT_QUEUE_URL", "MASTERS_BUCKET", "LEDGER_TABLE", "COLLECT_MAX_BYTES")
}
