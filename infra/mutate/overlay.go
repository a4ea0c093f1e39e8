package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// edit replaces source[start:end] by text. If start equals end, the edit only inserts text. Such
// edits come in pairs, which enclose an expression or a statement. The edit before the code has
// opens set and inserts a text such as "f(". The edit after the code inserts a text such as ")".
// The field span of both is the length of the enclosed code in bytes.
type edit struct {
	start, end int
	text       string
	span       int
	opens      bool
}

// around returns the edits that insert text before and after source[start:end].
func around(start, end int, before, after string) []edit {
	return []edit{
		{start: start, end: start, text: before, span: end - start, opens: true},
		{start: end, end: end, text: after, span: end - start},
	}
}

// apply returns the source after all edits. If several edits have the same position, the result
// contains their texts in this order: closing brackets, those of inner expressions first; then
// replacements; then opening brackets, those of outer expressions first.
func apply(source []byte, edits []edit) []byte {
	rank := func(e edit) int {
		switch {
		case e.opens:
			return 1<<40 - e.span
		case e.end > e.start:
			return 1 << 39
		}
		return e.span
	}
	edits = slices.Clone(edits)
	// If two pairs of brackets enclose the same text, the pair that was added first must be the
	// outer pair. Therefore its closing bracket must be inserted last.
	closing := func(e edit) bool { return !e.opens && e.end == e.start }
	slices.Reverse(edits)
	opening := slices.DeleteFunc(slices.Clone(edits), closing)
	slices.Reverse(opening)
	edits = append(slices.DeleteFunc(edits, func(e edit) bool { return !closing(e) }), opening...)
	slices.SortStableFunc(edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(rank(a), rank(b)))
	})
	var b strings.Builder
	done := 0
	for _, e := range edits {
		b.Write(source[done:e.start])
		b.WriteString(e.text)
		done = e.end
	}
	b.Write(source[done:])
	return []byte(b.String())
}

// switches is a source file that is added to a package under test. It activates the mutant whose
// number is in the environment variable MUTANT. The test binary writes the number of each mutant
// whose code it executes to the file that the environment variable MUTANTS_REACHED names.
const switches = `package %s

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

var (
	mutantOn, _   = strconv.Atoi(os.Getenv("MUTANT"))
	mutantsSeen   sync.Map
	mutantNote, _ = os.OpenFile(os.Getenv("MUTANTS_REACHED"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
)

func mutantIsOn(id int) bool {
	if mutantNote != nil {
		if _, seen := mutantsSeen.LoadOrStore(id, true); !seen {
			fmt.Fprintln(mutantNote, id)
		}
	}
	return id == mutantOn
}

func mutantKeep(id int) bool          { return !mutantIsOn(id) }
func mutantNot(id int, b bool) bool   { return b != mutantIsOn(id) }
func mutantTrue(id int, b bool) bool  { return mutantIsOn(id) || b }
func mutantFalse(id int, b bool) bool { return !mutantIsOn(id) && b }

func mutantOrder[T cmp.Ordered](id int, x T, op string, y T) bool {
	if mutantIsOn(id) && x == y {
		return len(op) == 1
	}
	switch op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	}
	return x >= y
}

func mutantTimes(id int, x time.Time, op string, y time.Time) bool {
	switch {
	case mutantIsOn(id) && x.Equal(y):
		return true
	case op == "Before":
		return x.Before(y)
	}
	return x.After(y)
}
`

// overlay writes the changed files of a package to a new folder in dir. If withSwitches is set, it
// also writes the source file whose text is the constant switches. It returns the path of the file
// for "go test -overlay".
func overlay(dir string, p *golang, edits map[string][]edit, withSwitches bool) (string, error) {
	dir, err := os.MkdirTemp(dir, "overlay")
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	write := func(path string, content []byte) error {
		replace[path] = filepath.Join(dir, filepath.Base(path))
		return os.WriteFile(replace[path], content, 0o600)
	}
	for path, list := range edits {
		source, err := os.ReadFile(path)
		if err == nil {
			err = write(path, apply(source, list))
		}
		if err != nil {
			return "", err
		}
	}
	if withSwitches {
		if err := write(filepath.Join(p.Dir, "mutant_switches.go"), fmt.Appendf(nil, switches, p.Name)); err != nil {
			return "", err
		}
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	return list, os.WriteFile(list, content, 0o600)
}
