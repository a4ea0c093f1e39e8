package coldstart_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/bench/coldstart"
)

const root = "../../.."

// TestMain lets this test program act as a bootstrap when the launcher starts it.
func TestMain(m *testing.M) {
	if api := os.Getenv("AWS_LAMBDA_RUNTIME_API"); api != "" {
		_, err := http.Get("http://" + api + "/2018-06-01/runtime/invocation/next")
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestAStartEndsWithTheFirstRequestForWork(t *testing.T) {
	t.Parallel()
	took, err := coldstart.Start(t.Context(), os.Args[0])
	if err != nil || took <= 0 {
		t.Errorf("took %v, %v", took, err)
	}
}

func TestAProgramThatEndsIsAnErrorWithItsOutput(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho no settings\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := coldstart.Start(t.Context(), script); err == nil || !strings.Contains(err.Error(), "no settings") {
		t.Errorf("%v, want the output in it", err)
	}
}

// Each function must be linked with exactly the SDK clients that its reference program constructs.
func TestAReferenceHasTheClientsOfItsFunction(t *testing.T) {
	t.Parallel()
	for name, reference := range coldstart.Functions() {
		want := clients(t, "./functions/"+name)
		if got := clients(t, coldstart.References+reference); len(got) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s links %q, its reference %q", name, want, got)
		}
	}
}

// clients returns the names of the SDK services whose clients are linked into a command.
func clients(t *testing.T, command string) (found []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", command)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", command, err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if service, ok := strings.CutPrefix(path, "github.com/aws/aws-sdk-go-v2/service/"); ok && !strings.Contains(service, "/") {
			found = append(found, service)
		}
	}
	slices.Sort(found)
	return found
}

// The benchmark must build all functions with the same flags as "make build".
func TestTheBenchmarkBuildsAsTheMakefileDoes(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for line := range strings.Lines(string(makefile)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " := "); ok {
			variables[name] = value
		}
	}
	want := "CGO_ENABLED=0 go build " + strings.Join(coldstart.Flags(), " ")
	if got := strings.ReplaceAll(variables["LAMBDA"], "'", ""); got != want {
		t.Errorf("the Makefile builds with\n%s, the benchmark with\n%s", got, want)
	}
	built := slices.Sorted(maps.Keys(coldstart.Functions()))
	if all := slices.Sorted(slices.Values(strings.Fields(variables["FUNCTIONS"]))); !slices.Equal(all, built) {
		t.Errorf("the Makefile has the functions %q, the benchmark %q", all, built)
	}
}
