package secrets_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"masterhand/infra/local/sim/services/secrets"
)

func TestLastUsable(t *testing.T) {
	t.Parallel()
	file, garbage, told := filepath.Join(t.TempDir(), "secret"), errors.New("garbage"), 0
	read := secrets.LastUsable(file, func(b []byte) error {
		if string(b) == "garbage" {
			return garbage
		}
		return nil
	}, func(error) { told++ })
	want := func(step, content string) {
		t.Helper()
		if got, err := read(); err != nil || string(got) != content {
			t.Errorf("%s: %q, %v; want %q", step, got, err, content)
		}
	}
	set := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := read(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that never was: %v", err)
	}
	set("one")
	want("usable", "one")
	set("garbage")
	want("garbled", "one")
	want("still garbled", "one")
	set("two")
	want("another", "two")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	want("gone", "two")
	if told != 3 {
		t.Errorf("told %d times, want once for each run of unusable contents", told)
	}
}
