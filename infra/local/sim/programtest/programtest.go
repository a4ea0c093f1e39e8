// Package programtest has a test's own program run the main function of the package under
// test, in a process of its own.
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

// asMain is set where the program is to be that of the package under test.
const asMain = "MASTERHAND_TEST_MAIN"

// Main runs main and ends the process, if this process was started for that. It is the
// first that TestMain calls.
func Main(main func()) {
	if os.Getenv(asMain) != "" {
		main()
		os.Exit(0)
	}
}

// Refuses fails the test unless main, in an environment, ends the process with 1 and
// prints all that is wanted.
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
