package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The same sources must produce the same programs in any folder. A change of one function must
// change the program of that function only, so that no other function is deployed again.
func TestBuildsAreReproducible(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds all functions for Lambda, twice")
	}
	here := built(t, "..")
	copied := filepath.Join(t.TempDir(), "elsewhere")
	copySources(t, copied)
	if there := built(t, copied); !slices.Equal(there, here) {
		t.Errorf("built elsewhere: %q\nbuilt here: %q", there, here)
	}
	main := filepath.Join(copied, "functions", "index", "main.go")
	source, err := os.ReadFile(main)
	if err == nil {
		err = os.WriteFile(main, append(source, "\nfunc init() { println() }\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	changed := built(t, copied)
	for i, p := range programs {
		if differs := changed[i] != here[i]; differs != (p.name == "index") {
			t.Errorf("a change of index changes %s: %v", p.name, differs)
		}
	}
}

// maxProgram is the largest permitted size of a program, in bytes: Lambda loads the program
// before each cold start.
const maxProgram = 10 << 20

// built runs "make build" in a working copy, checks the sizes of [programs] and returns their
// hashes.
func built(t *testing.T, folder string) (sums []string) {
	t.Helper()
	dist := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "make", "build", "DIST="+dist)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make build: %v\n%s", err, out)
	}
	for _, p := range programs {
		program, err := os.ReadFile(filepath.Join(dist, p.name, "bootstrap"))
		if err != nil {
			t.Fatal(err)
		}
		if len(program) > maxProgram {
			t.Errorf("%s has %.2f MiB, want at most %d", p.name, float64(len(program))/(1<<20), maxProgram>>20)
		}
		sums = append(sums, fmt.Sprintf("%x", sha256.Sum256(program)))
	}
	return sums
}

// copySources copies the files that "make build" reads.
func copySources(t *testing.T, to string) {
	t.Helper()
	for _, name := range []string{"Makefile", "go.mod", "go.sum", "functions", "shared"} {
		err := filepath.WalkDir(filepath.Join("..", name), func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "testdata") {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			target := filepath.Join(to, strings.TrimPrefix(path, ".."+string(filepath.Separator)))
			if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
				return err
			}
			return os.WriteFile(target, content, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
