// Package programtest lets a test's own binary run the main function of the package under test,
// in a separate process.
//
//	func TestMain(m *testing.M) {
//		programtest.Main(main)
//		os.Exit(m.Run())
//	}
//
//	func TestMainWithoutConfiguration(t *testing.T) {
//		programtest.Refuses(t, []string{"AWS_REGION=eu-central-1"}, "MASTERS_BUCKET", "INDEX_BUCKET")
//	}
package programtest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asMain is the environment variable that makes the test binary run the main function of the
// package under test.
const asMain = "MASTERHAND_TEST_MAIN"

// Main must be the first call of TestMain. In a process that [Refuses] has started, Main runs the
// function main and then ends the process. In any other process it returns at once.
func Main(main func()) {
	if os.Getenv(asMain) != "" {
		main()
		os.Exit(0)
	}
}

// Refuses runs main in a new process with only the given environment variables. The process must
// exit with status 1 and print all texts in wants; otherwise the test fails.
func Refuses(t *testing.T, environment []string, wants ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append([]string{asMain + "=yes"}, environment...)
	printed, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	for _, want := range wants {
		if !strings.Contains(string(printed), want) {
			t.Errorf("printed %s, want %s in it", printed, want)
		}
	}
}
