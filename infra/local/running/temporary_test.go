package running_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"masterhand/infra/local/running"
)

// abandoned makes a temporary folder as a killed program leaves it: with data, and with a lock file
// that no process has locked.
func abandoned(t *testing.T, parent string) string {
	t.Helper()
	left, _, kill, err := running.NewTemporary(parent)
	if err == nil {
		err = os.MkdirAll(filepath.Join(left, "s3", "masters"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(left, "destinations.json"), []byte("secret"), 0o600)
	}
	if err == nil {
		err = kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func TestFoldersOfKilledRunsAreRemoved(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "tmp [1]*")
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	alive, remove, _, err := running.NewTemporary(parent)
	if err != nil {
		t.Fatal(err)
	}
	keep := []string{filepath.Base(alive), "masterhand-local-file", "masterhand-local-link", "masterhand-local-new", "masterhand-other"}
	elsewhere := abandoned(t, t.TempDir())
	for _, err := range []error{
		os.WriteFile(filepath.Join(parent, "masterhand-local-file"), nil, 0o600),
		os.Symlink(elsewhere, filepath.Join(parent, "masterhand-local-link")),
		// A folder without a lock file must stay, because another program may be making it.
		os.Mkdir(filepath.Join(parent, "masterhand-local-new"), 0o700),
		os.Rename(abandoned(t, parent), filepath.Join(parent, "masterhand-other")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	abandoned(t, parent)
	abandoned(t, parent)
	if err := running.RemoveLeft(parent); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, parent); !slices.Equal(got, slices.Sorted(slices.Values(keep))) {
		t.Errorf("there are %q, want %q", got, keep)
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "destinations.json")); err != nil {
		t.Errorf("behind a link: %v", err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(alive); !os.IsNotExist(err) {
		t.Errorf("the folder of this run is still there: %v", err)
	}
}

func TestATemporaryFolderThatCannotBeMadeIsAnError(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "none")
	if made, _, _, err := running.NewTemporary(nowhere); err == nil {
		t.Errorf("made %s", made)
	}
	if err := running.RemoveLeft(nowhere); err == nil {
		t.Error("a folder that is not there was read")
	}
	if err := running.RemoveNothing(); err != nil {
		t.Errorf("nothing to remove: %v", err)
	}
}

func entries(t *testing.T, folder string) (names []string) {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}
