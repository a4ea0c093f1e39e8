package legible_test

import (
	"os/exec"
	"strings"
	"testing"

	"masterhand/shared/kit/legible"
)

// A shell must pass back exactly the text that ShellWord quoted, and the quoted text must not
// control the terminal.
func TestShellWords(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, text := range []string{
		"a.mp4", "", "Summer final.mp4", `it's "new" $HOME \n.mp4`, "`ls`", "a\tb\x1b[31m'\\x.mp4", "\u202eä🍏.mp4", "~a", "#a", "a\nb", "--help", "=a", "a*?[b]{c,d}!", "%20&;|<>()",
	} {
		words := legible.ShellWords(text, "x")
		if strings.ContainsAny(words, "\x1b\t\n\u202e") {
			t.Errorf("%q steers the terminal", words)
		}
		out, err := exec.CommandContext(t.Context(), bash, "-c", `show() { [ "$1" != -- ] || shift; printf '%s|' "$@"; }; show `+words).Output()
		if err != nil || string(out) != text+"|x|" {
			t.Errorf("%q: the shell passes %q, %v", words, out, err)
		}
	}
}
