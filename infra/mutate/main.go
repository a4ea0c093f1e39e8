// Command mutate measures how many faults the tests detect. It changes the source into many mutants; a
// mutant is one small fault, such as a negated condition. An operator is a kind of fault. For each
// mutant the command runs the tests of the faulty package and of the packages that import it. If no
// test detects the mutant, the command lists it as survived.
//
// All mutants of a package except those of constants are compiled into one test binary; the
// environment variable MUTANT activates one of them. Only the tests that execute a mutant run
// against it. The source tree stays unchanged: the compiler gets the changed files by "go test
// -overlay".
//
//	go run ./infra/mutate ./shared/request/ledger
//	go run ./infra/mutate --since main ./shared/request/...
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// errand holds the command line's flags.
type errand struct {
	sample   int
	seed     uint64
	since    string
	remember string
	own      bool
	numbers  bool
	asJSON   bool
	listOnly bool
}

func main() {
	var e errand
	flag.IntVar(&e.sample, "sample", 0, "try at most this `number` of mutants of each package, chosen by the seed (0: all)")
	flag.Uint64Var(&e.seed, "seed", 1, "seed of the sample")
	flag.StringVar(&e.since, "since", "", "try only mutants of lines that changed since this commit")
	flag.StringVar(&e.remember, "remember", "", "`file` that lists killed mutants; those are not tried again while their source is the same")
	flag.BoolVar(&e.own, "own", false, "run only the package's own tests, not the tests of packages that import it")
	flag.BoolVar(&e.numbers, "constants", true, "try constants, too; each constant needs a separate build")
	flag.BoolVar(&e.asJSON, "json", false, "print each mutant as a line of JSON")
	flag.BoolVar(&e.listOnly, "list", false, "print the mutants and run nothing")
	flag.Parse()
	score, err := e.run(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if score < least {
		os.Exit(1)
	}
}

// least is the share of mutants, in percent, that the tests must detect.
const least = 95

// run tries the mutants of the packages and returns the total score.
func (e errand) run(patterns []string) (score float64, err error) {
	packages, err := list(patterns...)
	if err != nil {
		return 0, err
	}
	known, err := readEquivalents()
	if err != nil {
		return 0, err
	}
	memory, err := openMemory(e.remember)
	if err != nil {
		return 0, err
	}
	defer memory.close()
	changed, err := changedLines(e.since)
	if err != nil {
		return 0, err
	}
	var all tally
	for _, p := range packages {
		if strings.HasSuffix(p.Name, "test") || slices.Contains(p.Imports, "testing") {
			continue // the package is skipped, because it contains only helpers for tests
		}
		mutants, err := mutantsOf(p)
		if err != nil {
			return 0, err
		}
		mutants = e.choose(mutants, changed)
		t := tally{name: p.ImportPath}
		switch {
		case len(mutants) == 0:
			continue
		case e.listOnly:
			for _, m := range mutants {
				fmt.Println(m)
			}
			continue
		}
		if err := e.try(p, mutants, known, memory, &t); err != nil {
			return 0, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		fmt.Fprintln(os.Stderr, t)
		all.add(t)
	}
	if all.name = "all"; !e.listOnly {
		fmt.Fprintln(os.Stderr, all)
	}
	return all.score(), nil
}

// choose returns the mutants to try. It leaves out mutants of constants if e.numbers is false, and
// mutants on unchanged lines if changed is not nil. If e.sample is set, it returns a random sample
// of the mutants that are left.
func (e errand) choose(mutants []*mutant, changed map[string]bool) []*mutant {
	if !e.numbers {
		mutants = slices.DeleteFunc(mutants, (*mutant).alone)
	}
	if changed != nil {
		mutants = slices.DeleteFunc(mutants, func(m *mutant) bool { return !changed[fmt.Sprintf("%s:%d", m.File, m.Line)] })
	}
	if e.sample > 0 && e.sample < len(mutants) {
		random := rand.New(rand.NewPCG(e.seed, 0))
		random.Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })
		mutants = mutants[:e.sample]
		slices.SortFunc(mutants, func(a, b *mutant) int { return a.ID - b.ID })
	}
	return mutants
}

// try runs the tests against each mutant of a package and adds the results to the tally.
func (e errand) try(p *golang, mutants []*mutant, known equivalents, memory *memory, t *tally) error {
	b, err := newBench(p, mutants, e.own)
	if err != nil {
		return err
	}
	defer b.close()
	for _, m := range mutants {
		if m.State = killed; !memory.has(m) {
			if m.State, m.By, err = b.try(m); err != nil {
				return err
			}
			memory.add(m)
		}
		if m.State == survived && known.has(m) {
			m.State = equivalent
		}
		t.count(m.State)
		if e.asJSON {
			line, err := json.Marshal(m)
			if err != nil {
				return err
			}
			fmt.Println(string(line))
		} else if m.State == survived {
			fmt.Println(m)
		}
	}
	return nil
}

// changedLines returns the lines that changed after a commit, in the form "file:line". The
// parameter since is the commit. If it is "", changedLines returns nil, which means all lines.
func changedLines(since string) (map[string]bool, error) {
	if since == "" {
		return nil, nil
	}
	out, err := exec.Command("git", "diff", "-U0", "--no-color", since, "--", "*.go").Output()
	if err != nil {
		return nil, fmt.Errorf("git diff %s: %w", since, err)
	}
	lines := map[string]bool{}
	file := ""
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(line, "+++ b/"); ok {
			file = strings.TrimSpace(name)
		}
		_, hunk, ok := strings.Cut(line, " +")
		if !ok || !strings.HasPrefix(line, "@@ ") {
			continue
		}
		first, count := 0, 1
		if n, _ := fmt.Sscanf(hunk, "%d,%d", &first, &count); n == 0 {
			return nil, fmt.Errorf("git diff: hunk %q", line)
		}
		for n := range count {
			lines[fmt.Sprintf("%s:%d", file, first+n)] = true
		}
	}
	return lines, nil
}

// tally counts mutants by state.
type tally struct {
	name                                   string
	killed, survived, equivalent, rejected int
}

func (t *tally) count(s state) {
	switch s {
	case killed:
		t.killed++
	case survived:
		t.survived++
	case equivalent:
		t.equivalent++
	case rejected:
		t.rejected++
	}
}

func (t *tally) add(o tally) {
	t.killed, t.survived = t.killed+o.killed, t.survived+o.survived
	t.equivalent, t.rejected = t.equivalent+o.equivalent, t.rejected+o.rejected
}

// score returns the share of detected mutants in percent. It ignores mutants that do not compile
// or that behave like the original.
func (t tally) score() float64 {
	if t.survived == 0 {
		return 100
	}
	return 100 * float64(t.killed) / float64(t.killed+t.survived)
}

// String returns the score and the counts.
func (t tally) String() string {
	return fmt.Sprintf("%-45s %5.1f %%: %d killed, %d survived, %d equivalent, %d not compiled",
		t.name, t.score(), t.killed, t.survived, t.equivalent, t.rejected)
}
