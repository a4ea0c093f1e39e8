package masters_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

var update = flag.Bool("update", false, "write testdata/places.txt anew")

// described returns a placement in the form of one line of the golden file.
func described(p placement.Placement) string {
	switch {
	case p.Never != "":
		return "– never: " + p.Never
	case p.Unplaced != "":
		return "– " + p.Unplaced
	}
	text := fmt.Sprintf("%s variation %d", p.Creative.Code, p.Creative.Variation)
	if p.Locale != "" {
		text += ", locale " + string(p.Locale)
	}
	if p.LocaleUnclear != "" {
		text += ", locale unclear: " + p.LocaleUnclear
	}
	if p.Aspect != "" {
		text += ", aspect " + string(p.Aspect)
	}
	if p.Copy {
		text += ", a copy"
	}
	return text
}

// Each name in testdata/keys.txt, a list of names that teams use, must get the placement in the golden
// file.
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
