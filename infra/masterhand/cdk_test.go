package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"masterhand/infra/local/sim/system"
)

// masterhand runs the CDK version that the project pins. It passes every argument to CDK, even one
// that npx would otherwise read as its own option.
func TestCDKRunsAsTheProjectPinsIt(t *testing.T) {
	t.Parallel()
	folder, err := system.Root()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := runCDK(t.Context(), folder, []string{"NODE_NO_WARNINGS=1"}, &out, []string{"--version", "-c", "name=staging"}); err != nil {
		t.Fatal(err)
	}
	pinned, err := os.ReadFile(folder + "/package.json")
	if version, _, is := strings.Cut(out.String(), " "); err != nil || !is || !strings.Contains(string(pinned), `"aws-cdk": "`+version+`"`) {
		t.Errorf("%v: ran %q, package.json pins another", err, out.String())
	}
}
