package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// golang is a package as "go list -json" prints it.
type golang struct {
	ImportPath, Name, Dir     string
	GoFiles                   []string
	Imports, Deps             []string
	TestGoFiles, XTestGoFiles []string
	TestImports, XTestImports []string
	Module                    struct{ Dir string }
}

func (p *golang) hasTests() bool { return len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 }

func list(patterns ...string) ([]*golang, error) {
	out, err := command(context.Background(), "", "go", append([]string{"list", "-json"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var all []*golang
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		p := &golang{}
		if err := d.Decode(p); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// command runs a program and returns its output. An error contains the end of the output.
func command(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	// stops the wait for output after a second: a child process of a test may keep the output pipe
	// open
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out[max(0, len(out)-4000):])
	}
	return out, nil
}

// suite holds the tests of one package, which are already compiled together with the mutants.
type suite struct {
	*golang
	binary  string
	tests   []test         // the tests of the package, the fastest first
	reached map[int][]test // for the id of each mutant, the tests that execute the mutant, the fastest first
}

// test holds the name of a test, and the time that the test takes without a mutant.
type test struct {
	name string
	took time.Duration
}

func sum(tests []test) (all time.Duration) {
	for _, t := range tests {
		all += t.took
	}
	return all
}

// bench holds all tests that may detect the mutants of one package: those of the package itself,
// and those of the packages that import it.
type bench struct {
	of       *golang
	dir      string
	overlaid string
	testers  []*golang // the packages that import this package and whose tests are not built yet
	suites   []suite   // the built tests; those of the package itself come first, if it has any
}

// slowest is the longest time that the tests of an importing package may take in total, if each
// test runs alone. Tests of a package that needs longer are not run against the mutants of the
// imported package.
const slowest = time.Minute

// newBench builds the package's tests with all mutants, except those that need a separate build. It
// checks that the tests pass while no mutant is active. If own is true, the bench uses only the
// package's own tests; otherwise it also uses those of the packages that import it.
func newBench(p *golang, mutants []*mutant, own bool) (*bench, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	b := &bench{of: p, dir: dir}
	edits := map[string][]edit{}
	for _, m := range mutants {
		if !m.alone() {
			edits[m.path] = append(edits[m.path], m.edits...)
		}
	}
	if b.overlaid, err = overlay(dir, p, edits, true); err != nil {
		return b, err
	}
	if !own {
		if b.testers, err = testersOf(p); err != nil {
			return b, err
		}
	}
	if !p.hasTests() {
		return b, nil
	}
	s, err := b.build(p)
	b.suites = []suite{s}
	return b, err
}

// build builds the tests of a package and runs each of them once.
func (b *bench) build(p *golang) (suite, error) {
	s := suite{golang: p, binary: filepath.Join(b.dir, digest([]byte(p.ImportPath))+".test")}
	if err := s.build(b.overlaid); err != nil {
		return s, err
	}
	return s, s.measure()
}

// next returns the suite with the index n. It builds the suite if that has not been done yet. The
// second result is false if there is no such suite.
func (b *bench) next(n int) (suite, bool, error) {
	for n == len(b.suites) && len(b.testers) > 0 {
		s, err := b.build(b.testers[0])
		b.testers = b.testers[1:]
		switch {
		case err != nil:
			return s, false, err
		case sum(s.tests) > slowest:
			fmt.Fprintf(os.Stderr, "%s takes %v and is left out\n", s.ImportPath, sum(s.tests).Round(time.Second))
		default:
			b.suites = append(b.suites, s)
		}
	}
	if n == len(b.suites) {
		return suite{}, false, nil
	}
	return b.suites[n], true, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// testersOf returns the packages below shared and functions that import a package and have tests.
func testersOf(p *golang) (testers []*golang, err error) {
	all, err := list("masterhand/shared/...", "masterhand/functions/...")
	for _, t := range all {
		imports := slices.Concat(t.Deps, t.TestImports, t.XTestImports)
		if t.ImportPath != p.ImportPath && slices.Contains(imports, p.ImportPath) && t.hasTests() {
			testers = append(testers, t)
		}
	}
	return testers, err
}

func (s suite) build(overlaid string) error {
	_, err := command(context.Background(), s.Module.Dir, "go", "test", "-c", "-vet=off", "-overlay", overlaid, "-o", s.binary, s.ImportPath)
	return err
}

// quick limits the total time of the first pass, which runs the fastest tests against a mutant. The
// other tests run in a second pass, if the first one does not detect the mutant.
const quick = 300 * time.Millisecond

// run activates a mutant and runs the tests that execute its code: first the quick tests, then the
// others. It leaves out tests that do not execute the mutant, because they cannot detect it. For a
// mutant with a separate build it runs all tests.
func (s suite) run(m *mutant) error {
	tests := s.reached[m.ID]
	if m.alone() {
		tests = s.tests
	}
	n := 0
	for n < len(tests) && sum(tests[:n+1]) <= quick {
		n++
	}
	for _, pass := range [][]test{tests[:n], tests[n:]} {
		if len(pass) == 0 {
			continue
		}
		// if the tests take longer, one of them hangs; this counts as a detection of the mutant
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second+4*sum(pass))
		_, err := s.command(ctx, "MUTANT="+strconv.Itoa(m.ID), pattern(pass), "-test.failfast")
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// pattern returns the value of the flag -run that selects exactly these tests.
func pattern(tests []test) string {
	var names []string
	for _, t := range tests {
		names = append(names, t.name)
	}
	return "-test.run=^(" + strings.Join(names, "|") + ")$"
}

func (s suite) command(ctx context.Context, variable string, flags ...string) ([]byte, error) {
	return command(ctx, s.Dir, "env", slices.Concat([]string{variable, s.binary, "-test.short"}, flags)...)
}

// measure runs each test alone, without a mutant. It records the test's time and the mutants that
// the test executes.
func (s *suite) measure() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	list, err := s.command(ctx, "MUTANT=0", "-test.list=.")
	if err != nil {
		return err
	}
	came := map[string][]byte{}
	note := s.binary + ".reached"
	for _, name := range strings.Fields(string(list)) {
		began := time.Now()
		t := test{name: name}
		if _, err := s.command(ctx, "MUTANTS_REACHED="+note, pattern([]test{t})); err != nil {
			return fmt.Errorf("the tests fail without a mutant: %w", err)
		}
		t.took = time.Since(began)
		s.tests = append(s.tests, t)
		if came[name], err = os.ReadFile(note); err != nil {
			return err
		}
		if err := os.Truncate(note, 0); err != nil {
			return err
		}
	}
	slices.SortFunc(s.tests, func(a, b test) int { return cmp.Compare(a.took, b.took) })
	s.reached = map[int][]test{}
	for _, t := range s.tests {
		for _, id := range strings.Fields(string(came[t.name])) {
			n, err := strconv.Atoi(id)
			if err != nil {
				return err
			}
			s.reached[n] = append(s.reached[n], t)
		}
	}
	return nil
}

// try runs the tests against a mutant until one of them detects it. It returns the mutant's state
// and the package of the test that detected it.
func (b *bench) try(m *mutant) (state, string, error) {
	overlaid := ""
	if m.alone() {
		var err error
		if overlaid, err = overlay(b.dir, b.of, map[string][]edit{m.path: m.edits}, false); err != nil {
			return "", "", err
		}
	}
	for n := 0; ; n++ {
		s, more, err := b.next(n)
		if err != nil || !more {
			return survived, "", err
		}
		if m.alone() {
			s.binary = filepath.Join(b.dir, "alone.test")
			if s.build(overlaid) != nil {
				return rejected, "", nil
			}
		}
		if err := s.run(m); err != nil {
			return killed, s.ImportPath, nil
		}
	}
}
