package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// namingPage is the path of the documentation page whose table of examples shows how keys are
// placed.
const namingPage = "../../docs/naming.md"

// example matches a row of the table: a key as code, optional flags of "names" as code, and the
// rest of the row.
var example = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (?:`([^`]+)` )?\\| (.+)$")

// flagWord matches one word of a command line. A word may be in single quotes.
var flagWord = regexp.MustCompile(`'[^']*'|\S+`)

// Each example on the page must show the same placement as the command "names". With -update the
// test rewrites the rows.
func TestTheExamplesOfTheNamingPageAreTrue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(namingPage)
	if err != nil {
		t.Fatal(err)
	}
	before, examples, _ := strings.Cut(string(page), "\n## Examples\n")
	rows, unplaced := 0, 0
	now := example.ReplaceAllStringFunc(examples, func(row string) string {
		cells := example.FindStringSubmatch(row)
		n := namedBy(t, cells[1], cells[2])
		rows++
		if n.Unplaced != "" {
			unplaced++
		}
		want := strings.TrimSuffix(row, cells[3]) + n.cells()
		if row != want && !*update {
			t.Errorf("the row\n%s must be\n%s", row, want)
		}
		return want
	})
	if rows < 30 || unplaced < 6 {
		t.Errorf("the page has %d examples, %d of them not placed, want at least 30 and 6", rows, unplaced)
	}
	if table := strings.Count(examples, "\n|") - 2; rows != table {
		t.Errorf("%d rows of the table are examples, want all %d", rows, table)
	}
	if *update {
		if err := os.WriteFile(namingPage, []byte(before+"\n## Examples\n"+now), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// namedBy returns the placement that the command "names" prints for a key, with these flags.
func namedBy(t *testing.T, key, flags string) naming {
	t.Helper()
	args := []string{"--json"}
	for _, word := range flagWord.FindAllString(flags, -1) {
		args = append(args, strings.Trim(word, "'"))
	}
	return offline(t, key+"\n", args...).namings(t, []string{key})[0]
}

// cells returns the text of the last two cells of an example's row: the placement of the key, and
// the reason if the key is not placed or its locale is unclear. The text includes the "|" at the
// end of the row.
func (n naming) cells() string {
	becomes := n.becomes().Text
	if n.Blocks != nil && *n.Blocks {
		becomes += ", blocks the skip"
	}
	if why := n.why(); why != "" {
		return becomes + " | " + why + " |"
	}
	return becomes + " | |"
}
