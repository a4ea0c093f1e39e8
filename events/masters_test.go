package events_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"masterhand/events"
)

func TestMasters(t *testing.T) {
	t.Parallel()
	masters, err := events.Masters()
	if err != nil || len(masters) < 12 {
		t.Fatalf("%d masters, %v", len(masters), err)
	}
	keys, files, size := map[string]bool{}, map[string]bool{"manifest.json": true, "make.sh": true}, 0
	for _, m := range masters {
		if m.Key == "" || m.Note == "" || keys[m.Key] || files[m.File] {
			t.Errorf("%+q: incomplete, or its file or key is another's too", m.File)
		}
		keys[m.Key], files[m.File] = true, true
		size += len(m.Bytes)
	}
	if size > 2<<20 {
		t.Errorf("%d bytes, more than 2 MiB", size)
	}
	if !slices.ContainsFunc(masters, func(m events.Master) bool { return m.Tags["creative-code"] != "" }) {
		t.Error("no master placed by its tags")
	}
	found, err := os.ReadDir("masters")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range found {
		if !files[filepath.Base(entry.Name())] {
			t.Errorf("%s: not in the manifest", entry.Name())
		}
	}
}
