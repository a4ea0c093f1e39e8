package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asMain has the test's own program run main, which ends it.
const asMain = "COLLECT_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
	}
	code := m.Run()
	if err := closeShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// A function that is told too little says all that is wrong and does not start.
func TestMainRefusesItsConfiguration(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = []string{"AWS_REGION=eu-central-1", "COLLECT_MAX_BYTES=x", asMain + "=yes"}
	printed, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	for _, want := range []string{"INTAKE_BUCKET", "COLLECT_QUEUE_URL", "MASTERS_BUCKET", "LEDGER_TABLE", "COLLECT_MAX_BYTES"} {
		if !strings.Contains(string(printed), want) {
			t.Errorf("printed %s, want %s in it", printed, want)
		}
	}
}
