package events_test

import (
	"crypto/sha256"
	"io/fs"
	"os"
	"testing"

	"masterhand/events"
)

func TestMastersAreWhatTheFolderHolds(t *testing.T) {
	t.Parallel()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	keys, sums, files, total := map[string]bool{}, map[[32]byte]bool{}, map[string]bool{"manifest.json": true, "make.sh": true}, 0
	for _, m := range list {
		sum := sha256.Sum256(m.Data)
		if keys[m.Key] || sums[sum] || m.Note == "" {
			t.Errorf("%s: key or content stands twice, or no note", m.Key)
		}
		keys[m.Key], sums[sum], files[m.File] = true, true, true
		total += len(m.Data)
	}
	if total > 2<<20 {
		t.Errorf("%d bytes, more than 2 MiB", total)
	}
	entries, err := fs.ReadDir(os.DirFS("masters"), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !files[e.Name()] {
			t.Errorf("%s is not in the manifest", e.Name())
		}
	}
}
