package shared_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each rule in the README's list must name a file or folder that exists, and a test beside it.
func TestTheReadmeListsRulesWithTheirFileAndTest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| ([^|]+) \\| [^|`]*`([^`]+)`[^|`]* \\| `(Test\\w+)` \\|$")
	rules := row.FindAllStringSubmatch(string(text), -1)
	if len(rules) < 10 {
		t.Fatalf("the README lists %d rules with file and test, want at least 10", len(rules))
	}
	for _, rule := range rules {
		path := filepath.Join("..", rule[2])
		info, err := os.Stat(path)
		if err != nil {
			t.Errorf("%s: %v", rule[1], err)
			continue
		}
		if !info.IsDir() {
			path = filepath.Dir(path)
		}
		if !declares(t, path, rule[3]) {
			t.Errorf("%s: no test below %s is called %s", rule[1], path, rule[3])
		}
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
