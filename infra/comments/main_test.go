package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declared finds the name that a line of code declares as a function, a method or a type.
var declared = regexp.MustCompile(`^(?:func (?:\([^)]*\) )?|type )(\w+)`)

// A comment above a function or a type must begin with the declared name, perhaps after words
// such as "The method". So the test finds a comment that has moved to another declaration. It does not check the comments
// of tests, because they state rules.
func TestADocCommentBeginsWithTheName(t *testing.T) {
	t.Parallel()
	found, err := collect([]string{"../../functions", "../../infra", "../../shared", "../../events"})
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range found {
		name := declared.FindStringSubmatch(c.below)
		if name == nil || strings.HasSuffix(c.file, "_test.go") && strings.HasPrefix(c.below, "func ") && stated.MatchString(name[1]) {
			continue
		}
		checked++
		if !strings.HasPrefix(opening.ReplaceAllString(c.text, ""), name[1]) {
			t.Errorf("%s:%d: the comment of %s begins with %.40q", c.file, c.line, name[1], c.text)
		}
	}
	if checked < 1000 {
		t.Errorf("only %d comments were checked", checked)
	}
}

// opening matches the beginning of a doc comment up to the name of what it describes, for example
// "// The method ".
var opening = regexp.MustCompile(`^[/* \n]*(The (method |function |type )?|An? )?"?`)

// stated matches the names of test functions. Their comments may state a rule, instead of beginning
// with the function's name.
var stated = regexp.MustCompile(`^(Test|Fuzz|Benchmark|Example|test)`)

func TestCommentsComeWithTheirCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := "// Package p does one thing.\npackage p\n\n//go:generate true\n\n// A is one.\n// It is first.\nconst A = 1\n\nvar b int // in bytes\n"
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := collect([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	want := []comment{
		{line: 1, text: "// Package p does one thing.", below: "package p"},
		{line: 6, text: "// A is one.\n// It is first.", below: "const A = 1"},
		{line: 10, text: "// in bytes", below: "var b int"},
	}
	if len(found) != len(want) {
		t.Fatalf("%d comments, want %d: %v", len(found), len(want), found)
	}
	for i, w := range want {
		w.file = filepath.Join(dir, "p.go")
		if found[i] != w {
			t.Errorf("comment %d is %+v, want %+v", i, found[i], w)
		}
	}
}

func TestTheSameSeedDrawsTheSameComments(t *testing.T) {
	t.Parallel()
	from := make([]comment, 1000)
	for i := range from {
		from[i].line = i
	}
	first, again, other := draw(from, 1, 100), draw(from, 1, 100), draw(from, 2, 100)
	same := 0
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("draw %d differs for the same seed", i)
		}
		if first[i] == other[i] {
			same++
		}
	}
	if len(first) != 100 || same > 50 {
		t.Errorf("%d drawn, %d of them the same for another seed", len(first), same)
	}
}

func TestAFolderWithoutCommentsIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := collect([]string{t.TempDir()}); err == nil {
		t.Error("no error")
	}
}
