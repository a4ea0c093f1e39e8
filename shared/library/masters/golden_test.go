package masters_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"masterhand/shared/library/masters"
)

var update = flag.Bool("update", false, "write testdata/places.txt anew")

// described is a placement as a line says it.
func described(p masters.Placement) string {
	if p.Unplaced != "" {
		text := "– " + p.Unplaced
		if p.ClosestRule != "" {
			text += "; closest rule " + p.ClosestRule
		}
		for _, ambiguous := range p.Ambiguous {
			text += fmt.Sprintf("; may be %q", ambiguous)
		}
		return text
	}
	text := fmt.Sprintf("%s: %s variation %d", p.Rule, p.Coordinates.Creative.Code, p.Coordinates.Creative.Variation)
	if p.Coordinates.Locale != "" {
		text += ", locale " + string(p.Coordinates.Locale)
	}
	if p.Coordinates.Aspect != "" {
		text += ", aspect " + string(p.Coordinates.Aspect)
	}
	if p.Copy {
		text += ", a copy"
	}
	return text
}

// The names that teams give, and what is made of them.
func TestNames(t *testing.T) {
	t.Parallel()
	keys, err := os.ReadFile("testdata/keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for key := range strings.Lines(string(keys)) {
		key = strings.TrimSuffix(key, "\n")
		if strings.HasPrefix(key, "#") {
			fmt.Fprintf(&got, "\n%s\n", key)
			continue
		}
		fmt.Fprintf(&got, "%-50s %s\n", key, described(masters.Place(library, key, 1, masters.Labels{})))
	}
	const golden = "testdata/places.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	wanted := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got.String(), "\n") {
		if i >= len(wanted) || line != wanted[i] {
			t.Errorf("line %d\ngot  %s\nwant %s", i+1, line, append(wanted, "")[min(i, len(wanted))])
		}
	}
}
