package main

import (
	"bytes"
	"strings"
	"testing"

	"masterhand/infra/masterhand/screen"
)

// On a terminal, a progress bar leaves an empty line when it ends. If the output is not a terminal,
// nothing is printed at all.
func TestOnlyATerminalShowsProgress(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(terminal) *progress{
		"a number": func(tty terminal) *progress { return tty.progress("uploading", 100) },
		"none":     func(tty terminal) *progress { return tty.counting("reading") },
	} {
		for _, width := range []int{80, 0} {
			var shown bytes.Buffer
			p := begin(terminal{Screen: screen.Screen{Width: width}, err: &shown})
			p.add(100)
			p.end()
			lines := strings.Split(strings.TrimRight(shown.String(), "\r"), "\r")
			if last := lines[len(lines)-1]; strings.TrimSpace(last) != "" {
				t.Errorf("%s: the last line is %q", name, last)
			}
			if width == 0 && shown.Len() > 0 {
				t.Errorf("%s: shown where there is no terminal: %q", name, &shown)
			}
		}
	}
}
