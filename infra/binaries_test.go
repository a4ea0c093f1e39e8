package main

import (
	"path/filepath"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// elfHeader returns the shortest valid ELF header of a program for the given processor
// architecture, as ELF numbers it.
func elfHeader(machine byte) string {
	header := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	header[16], header[18], header[20], header[52], header[58] = 2, machine, 1, 64, 64
	return string(header)
}

const aarch64, x86 = 183, 62

func TestMissingOrForeignBinariesAreReported(t *testing.T) {
	t.Parallel()
	dist := t.TempDir()
	for _, p := range programs {
		stub(t, dist, p.name, elfHeader(aarch64))
	}
	if err := (binaries{dist, "arm64"}).check(); err != nil {
		t.Errorf("all there: %v", err)
	}
	for name, c := range map[string]struct {
		b    binaries
		each string // a part of the error that check must report for each function
	}{
		"nothing there": {binaries{t.TempDir(), "arm64"}, "missing"},
		"no programs":   {binaries{stubs(t), "arm64"}, "not a program"},
		"others":        {binaries{dist, "amd64"}, "built for EM_AARCH64, not for amd64"},
	} {
		err := c.b.check()
		for _, p := range programs {
			if path := filepath.Join(c.b.folder, p.name, "bootstrap") + ": "; err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.each) {
				t.Errorf("%s: %v, want %q of %s", name, err, c.each, path)
			}
		}
	}
	stub(t, dist, "index", elfHeader(x86))
	if err := (binaries{dist, "arm64"}).check(); err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "index") {
		t.Errorf("one of another machine: %v", err)
	}
	if err := (binaries{dist, "riscv64"}).check(); err == nil || !strings.Contains(err.Error(), "-machine") {
		t.Errorf("a machine that Lambda does not have: %v", err)
	}
}

// The functions must get the architecture for which their programs are built. With an emulation of
// AWS, this may be the architecture of the local machine.
func TestMachineReachesTheFunctions(t *testing.T) {
	dist := stubs(t)
	app, stack := build(t, settings.Defaults(), dist)
	arm := parse(t, file(t, app, stack), settings.Defaults().StackName())
	app, stack = buildOf(t, settings.Defaults(), binaries{dist, "amd64"}, nil)
	intel := parse(t, file(t, app, stack), settings.Defaults().StackName())
	for _, path := range arm.of("AWS::Lambda::Function") {
		if got := list(arm[path].get("Architectures")); len(got) != 1 || got[0] != "arm64" {
			t.Errorf("%s: %q", path, got)
		}
		if got := list(intel[path].get("Architectures")); len(got) != 1 || got[0] != "x86_64" {
			t.Errorf("%s, for amd64: %q", path, got)
		}
	}
}
