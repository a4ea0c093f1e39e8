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

// Without its settings, or with a setting that is forbidden in Lambda, the function must name all
// problems and must not start.
func TestMainRefusesItsConfiguration(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environment []string
		want        []string
	}{
		"too little": {
			[]string{"AWS_REGION=eu-central-1"},
			[]string{"MASTERS_BUCKET", "INDEX_BUCKET", "LEDGER_TABLE", "DESTINATIONS_SECRET", "INDEX_QUEUE_URL"},
		},
		"loopback in Lambda": {
			[]string{"ALLOW_LOOPBACK=true", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand"}, []string{"ALLOW_LOOPBACK"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			programtest.Refuses(t, test.environment, test.want...)
		})
	}
}
