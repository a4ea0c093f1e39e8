package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asMain has the test's own program run main, which ends it.
const asMain = "FULFILL_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A function that is told too little, or what Lambda must not be told, says all that is
// wrong and does not start.
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
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(test.environment, asMain+"=yes")
			printed, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("ended with %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(string(printed), want) {
					t.Errorf("printed %s, want %s in it", printed, want)
				}
			}
		})
	}
}
