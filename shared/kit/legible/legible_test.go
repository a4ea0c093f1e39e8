package legible_test

import (
	"strings"
	"testing"

	"masterhand/shared/kit/legible"
)

func TestCharactersThatAreNotShownAsThemselvesAreMarked(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]string{
		"newline": "\n", "tab": "\t", "return": "\r", "escape": "\x1b", "delete": "\x7f", "control sequence introducer": "\u009b", "next line": "\u0085",
		"line separator": "\u2028", "right-to-left override": "\u202e", "left-to-right isolate": "\u2066", "pop isolate": "\u2069", "mark": "\u200f",
		"zero width space": "\u200b", "zero width joiner": "\u200d", "byte order mark": "\ufeff", "soft hyphen": "\u00ad", "word joiner": "\u2060",
		"Hangul filler": "\u3164", "grapheme joiner": "\u034f", "variation selector": "\ufe0f", "tag": "\U000e0041", "no-break space": "\u00a0",
	} {
		if got := legible.Text("a" + odd + "b"); got != "a�b" {
			t.Errorf("%s: %q", name, got)
		}
		if got := legible.Escaped("a" + odd + "b"); !strings.HasPrefix(got, `a\u`) || !strings.HasSuffix(got, "b") || len(got) < 8 {
			t.Errorf("%s: escaped as %q", name, got)
		}
	}
	for _, plain := range []string{"", "HRT-1212/v2/en/9x16.mp4", "kampagne für äpfel 🍏+50%", "日本語 ไทย العربية", "e\u0301", `a\u202eb`} {
		if legible.Text(plain) != plain || legible.Escaped(plain) != plain {
			t.Errorf("%q is changed to %q and %q", plain, legible.Text(plain), legible.Escaped(plain))
		}
	}
	if got := legible.Escaped("\U000e0041\xff"); got != `\udb40\udc41`+"\ufffd" {
		t.Errorf("escaped as %q", got)
	}
}
