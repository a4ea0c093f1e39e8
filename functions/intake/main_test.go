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

// A function that is told too little says all that is wrong and does not start.
func TestMainRefusesItsConfiguration(t *testing.T) {
	t.Parallel()
	programtest.Refuses(t, []string{"AWS_REGION=eu-central-1", "POSTERNITY_FIELDS=x"}, "INTAKE_BUCKET", "COLLECT_QUEUE_URL", "INTAKE_SECRET", "POSTERNITY_FIELDS")
}
