package shared_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
	"masterhand/shared/library/summary"
	"masterhand/shared/request/ledger"
)

// architecture is the page that shows the stored documents, and lists the rules.
const architecture = "../docs/architecture.md"

// stored matches an example of a stored document. Its first group is the document's name, its
// second group the document's text.
var stored = regexp.MustCompile("(?ms)^```json (\\w+)\n(.*?)\n```$")

// Each example of a stored document must have the members that the code stores, and no other.
func TestTheExamplesOfStoredDocumentsAreReadByTheCode(t *testing.T) {
	t.Parallel()
	examples := map[string]string{}
	page := read(t, architecture)
	for _, example := range stored.FindAllStringSubmatch(page, -1) {
		examples[example[1]] += strings.ReplaceAll(example[2], "\n", "") + "\n"
	}
	for name, into := range map[string]func() any{
		"ledger": func() any {
			return &struct {
				ledger.Item
				Day string `json:"day"`
				TTL int64  `json:"ttl"`
			}{}
		},
		"index":  func() any { return &masters.Document{} },
		"placed": func() any { return &masters.Placed{} },
		"unplaced": func() any {
			return &struct {
				Format int    `json:"format"`
				Key    string `json:"key"`
			}{}
		},
		"state":   func() any { return &masters.State{} },
		"reindex": func() any { return &reindex.Run{} },
		"summary": func() any { return &summary.Entry{} },
	} {
		if examples[name] == "" {
			t.Errorf("no example of %s", name)
		}
		for example := range strings.Lines(examples[name]) {
			d := json.NewDecoder(strings.NewReader(example))
			d.DisallowUnknownFields()
			value := into()
			if err := d.Decode(value); err != nil {
				t.Errorf("example of %s: %v", name, err)
				continue
			}
			// The ledger's item is not compared: the ledger's adapter writes times in another form
			// than encoding/json.
			if name == "ledger" {
				continue
			}
			if again, err := json.Marshal(value); err != nil || !sameJSON(t, again, []byte(example)) {
				t.Errorf("example of %s: the code writes %s (%v), want %s", name, again, err, example)
			}
		}
	}
	if _, err := intake.Decode([]byte(examples["raw"])); err != nil {
		t.Errorf("example of a record: %v", err)
	}
}

// sameJSON reports whether two texts contain the same JSON document. The order of members does not
// matter.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	canonical := func(text []byte) []byte {
		var value any
		if err := json.Unmarshal(text, &value); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return again
	}
	return bytes.Equal(canonical(a), canonical(b))
}

// Each file and each test that docs/architecture.md names for a decision must exist.
func TestDecisionsNameFilesAndTestsThatExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../docs/decisions/*.md")
	if err != nil || len(pages) < 8 {
		t.Fatalf("%d decisions, want at least 8 (%v)", len(pages), err)
	}
	test := regexp.MustCompile("`(Test\\w+)`\\s+in\\s+`([^`]+)`")
	file := regexp.MustCompile("`((?:shared|functions|infra|events|docs)/[\\w./-]+)`")
	for _, page := range pages {
		text := read(t, page)
		tests := test.FindAllStringSubmatch(text, -1)
		if all := strings.Count(text, "`Test"); len(tests) == 0 || len(tests) != all {
			t.Errorf("%s names %d tests, %d of them with their file: want all, and at least one", page, all, len(tests))
		}
		for _, named := range tests {
			mustDeclare(t, page, named[2], named[1])
		}
		for _, named := range file.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join("..", named[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
		if lines := strings.Count(text, "\n"); lines > 70 {
			t.Errorf("%s has %d lines, want at most 70", page, lines)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
