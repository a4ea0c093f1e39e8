package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// golang is a package as "go list -json" shows it.
type golang struct {
	ImportPath, Name, Dir     string
	GoFiles                   []string
	Deps                      []string
	TestGoFiles, XTestGoFiles []string
	TestImports, XTestImports []string
	Module                    struct{ Dir string }
}

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

// command runs a program and returns what it writes; the error has the end of it.
func command(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.WaitDelay = time.Second // a test's own child may hold the pipe
	out, err := c.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out[max(0, len(out)-4000):])
	}
	return out, nil
}

// suite is the tests of one package, ready to run against the mutants.
type suite struct {
	*golang
	binary string
	took   time.Duration // without a mutant
	slow   []string      // tests
}

// bench holds the tests that can notice the mutants of one package.
type bench struct {
	of       *golang
	dir      string
	overlaid string
	testers  []*golang // importing packages, whose tests are not built yet
	suites   []suite   // the package's own first
}

// slowest is how long the tests of an importing package may take.
const slowest = 10 * time.Second

// newBench builds the package's tests with all mutants but those that are built alone, and
// checks that they pass while no mutant is on. With own, no other package's tests are run.
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
	s, err := b.build(p)
	b.suites = []suite{s}
	return b, err
}

// build builds the tests of a package and runs them once.
func (b *bench) build(p *golang) (suite, error) {
	s := suite{golang: p, binary: filepath.Join(b.dir, digest([]byte(p.ImportPath))+".test")}
	if err := s.build(b.overlaid); err != nil {
		return s, err
	}
	return s, s.measure()
}

// next returns the tests of number n, which are built at their first use, and whether there
// are so many.
func (b *bench) next(n int) (suite, bool, error) {
	for n == len(b.suites) && len(b.testers) > 0 {
		s, err := b.build(b.testers[0])
		b.testers = b.testers[1:]
		switch {
		case err != nil:
			return s, false, err
		case s.took > slowest:
			fmt.Fprintf(os.Stderr, "%s takes %v and is left out\n", s.ImportPath, s.took.Round(time.Second))
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

// testersOf returns the packages of shared and functions that import one and have tests.
func testersOf(p *golang) (testers []*golang, err error) {
	all, err := list("masterhand/shared/...", "masterhand/functions/...")
	for _, t := range all {
		imports := slices.Concat(t.Deps, t.TestImports, t.XTestImports)
		if t.ImportPath != p.ImportPath && slices.Contains(imports, p.ImportPath) && len(t.TestGoFiles)+len(t.XTestGoFiles) > 0 {
			testers = append(testers, t)
		}
	}
	return testers, err
}

func (s suite) build(overlaid string) error {
	_, err := command(context.Background(), s.Module.Dir, "go", "test", "-c", "-vet=off", "-overlay", overlaid, "-o", s.binary, s.ImportPath)
	return err
}

// run runs the tests with a mutant on, the quick ones first.
func (s suite) run(mutant int) error {
	passes := [][]string{{}}
	if len(s.slow) > 0 {
		names := "^(" + strings.Join(s.slow, "|") + ")$"
		passes = [][]string{{"-test.skip", names}, {"-test.run", names}}
	}
	for _, pass := range passes {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second+4*s.took) // then they hang
		_, err := s.command(ctx, mutant, append(pass, "-test.failfast")...)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

func (s suite) command(ctx context.Context, mutant int, flags ...string) ([]byte, error) {
	return command(ctx, s.Dir, "env", slices.Concat([]string{"MUTANT=" + strconv.Itoa(mutant), s.binary, "-test.short"}, flags)...)
}

// quick is how long a test may take that runs before those that take longer.
const quick = 0.3 // seconds

var passed = regexp.MustCompile(`(?m)^--- PASS: (\w+) \((\d+\.\d+)s\)`)

// measure runs the tests without a mutant.
func (s *suite) measure() error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := s.command(ctx, 0, "-test.v")
	if err != nil {
		return fmt.Errorf("the tests fail without a mutant: %w", err)
	}
	for _, m := range passed.FindAllStringSubmatch(string(out), -1) {
		if took, _ := strconv.ParseFloat(m[2], 64); took > quick {
			s.slow = append(s.slow, m[1])
		}
	}
	s.took = time.Since(began)
	return nil
}

// try runs the tests against one mutant until one notices it, and says which package's.
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
		if err := s.run(m.ID); err != nil {
			return killed, s.ImportPath, nil
		}
	}
}
