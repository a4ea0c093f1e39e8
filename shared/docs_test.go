package shared_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each rule in the table of docs/architecture.md must name a file or folder that exists, and a test
// in that folder or beside that file.
func TestThePageOfTheArchitectureListsRulesWithTheirFileAndTest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| ([^|]+) \\| [^|`]*`([^`]+)`[^|`]* \\| `(Test\\w+)` \\|$")
	rules := row.FindAllStringSubmatch(string(text), -1)
	if len(rules) < 10 {
		t.Fatalf("the page lists %d rules with file and test, want at least 10", len(rules))
	}
	for _, rule := range rules {
		mustDeclare(t, rule[1], rule[2], rule[3])
	}
}

// Each protection in the table of SECURITY.md must name a file that exists, and a test beside it.
func TestEachProtectionNamesItsFileAndTest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	row := regexp.MustCompile("^\\| ([^|]+) \\| [^|]+ \\| `([^`]+)` \\| `(Test\\w+)` \\|\n?$")
	for line := range strings.Lines(table) {
		cells := row.FindStringSubmatch(line)
		if cells == nil {
			t.Errorf("not a threat, a guard, a file and a test: %s", line)
			continue
		}
		mustDeclare(t, cells[1], cells[2], cells[3])
	}
	if strings.Count(table, "\n") < 10 {
		t.Errorf("the table has %d rows, want at least 10", strings.Count(table, "\n"))
	}
}

// Each behaviour of AWS in the table of docs/aws.md must name its source, and tests in files that
// exist.
func TestTheTableOfAWSNamesSourcesAndTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "|---|---|---|\n")
	source := regexp.MustCompile(`^(docs|https://[\w.-]+)/[\w./#-]+$`)
	tests, name := regexp.MustCompile("(`Test[^|]*?) in `([^`]+_test\\.go)`"), regexp.MustCompile("`(Test\\w+)`")
	rows := 0
	for line := range strings.Lines(table) {
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		if len(cells) != 3 || !source.MatchString(cells[1]) {
			t.Errorf("not a behaviour, a source and tests: %s", line)
			continue
		}
		named, found := name.FindAllString(cells[2], -1), 0
		for _, in := range tests.FindAllStringSubmatch(cells[2], -1) {
			for _, test := range name.FindAllStringSubmatch(in[1], -1) {
				mustDeclare(t, cells[0], in[2], test[1])
				found++
			}
		}
		if len(named) == 0 || found != len(named) {
			t.Errorf("%s: %d of the tests %q are said to be in a file", cells[0], found, named)
		}
	}
	if rows < 40 {
		t.Errorf("the table has %d rows, want at least 40", rows)
	}
}

// mustDeclare fails the test unless path, a file or folder of the repository, exists and a test
// file in that folder, or beside that file, declares the test.
func mustDeclare(t *testing.T, of, path, test string) {
	t.Helper()
	path = filepath.Join("..", path)
	info, err := os.Stat(path)
	if err != nil {
		t.Errorf("%s: %v", of, err)
		return
	}
	if !info.IsDir() {
		path = filepath.Dir(path)
	}
	if !declares(t, path, test) {
		t.Errorf("%s: no test below %s is called %s", of, path, test)
	}
}

// declares reports whether a test file in a folder declares a function.
func declares(t *testing.T, dir, function string) bool {
	t.Helper()
	tests, err := fs.Glob(os.DirFS(dir), "*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests {
		source, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(source), "\nfunc "+function+"(") {
			return true
		}
	}
	return false
}
