package capability_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"masterhand/shared/kit/capability"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"see https://u:p@h:1/k?s=1 and HTTP://h2?x":             "see https://h:1/[redacted] and HTTP://h2/[redacted]",
		"https://h/o'neil.mp4?X-Amz-Signature=SECRET failed":    "https://h/[redacted] failed",
		`{"url":"https:\/\/h\/k.mp4?X-Amz-Signature=SECRET"}`:   `{"url":"https:\/\/h/[redacted]"}`,
		`{\"url\":\"https:\\\/\\\/h\\\/k.mp4?sig=SECRET\"}`:     `{\"url\":\"https:\\\/\\\/h/[redacted]"}`,
		`https:\u002f\u002fh\u002fk?sig\u003dSECRET`:            `https:\u002f\u002fh/[redacted]`,
		"to https%3A%2F%2Fh%2Fk%3Fsig%3DSECRET":                 "to https%3A%2F%2Fh/[redacted]",
		"https%253A%252F%252Fh%252Fk%253Fsig%253DSECRET":        "https%253A%252F%252Fh/[redacted]",
		"https%3A%2F%2FSECRET%3Ap%40h%2Fk":                      "https%3A%2F%2Fh/[redacted]",
		"https://u:p'w@h/k":                                     "https://h/[redacted]",
		"https://SECRET:p%40w@h/k":                              "https://h/[redacted]",
		"fetch 'https://h' or \"https://h/k\"":                  "fetch 'https://h/[redacted] or \"https://h/[redacted]\"",
		"//h/k?sig=SECRET":                                      "//h/k?sig=[redacted]",
		"s3://b/films/a.mp4?X-Amz-Credential=SECRET&partNumber": "s3://b/films/a.mp4?X-Amz-Credential=[redacted]&partNumber",
		"h/k?a=1&amp;Signature=SECRET&Expires=1":                "h/k?a=1&amp;Signature=[redacted]&Expires=1",
		"expected X-Amz-Security-Token=SECRET":                  "expected X-Amz-Security-Token=[redacted]",
		"k%3Fsig%3DSECRET":                                      "k%3Fsig%3D[redacted]",
	} {
		if got := capability.Redact(text); got != want {
			t.Errorf("Redact(%q) = %q, want %q", text, got, want)
		}
	}
}

// A text about keys and names must stay as it is.
func TestRedactKeepsTextWithoutCredentials(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "no address at all", "films/a.mp4", "s3://masters/films/o'neil 50%.mp4", "lib/HRT-1212/v2/en/9x16 (x@y).mp4",
		"sig=1.mp4 lacks a locale", "design=a&assign=b", "token: expired", "the link's X-Amz-Signature is wrong", "http is not https", "a//b/c.mp4", `C:\films\a.mp4`,
	} {
		if got := capability.Redact(text); got != text {
			t.Errorf("Redact(%q) = %q", text, got)
		}
	}
}

// FuzzRedact writes a signed link in the forms in which links occur in texts. None may keep its
// signature or its password, and a second Redact must change nothing.
func FuzzRedact(f *testing.F) {
	for _, part := range []string{"k.mp4", "o'neil.mp4", "My film's cut.mp4", "Ü%2Fb.mp4", `a\b`, "(1)[2]{3}", "a,b;c", "q=1&r=%26"} {
		f.Add(part, "at ")
	}
	f.Fuzz(func(t *testing.T, part, before string) {
		if strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"<>\u0085\u00a0", r) }) {
			return // these end a link in a text
		}
		const signature, password = "5EC8E7", "PA55W0RD"
		link := "https://user:" + password + "'" + "@h.example/" + part + "?a=b&X-Amz-Signature=" + signature
		quoted, err := json.Marshal(link)
		if err != nil {
			return
		}
		twice, _ := json.Marshal(string(quoted))
		for _, text := range []string{
			link, string(quoted), string(twice), strings.ReplaceAll(string(quoted), "/", `\/`), url.QueryEscape(link), url.QueryEscape(url.QueryEscape(link)),
			url.PathEscape(link), "'" + link + "'", "(" + link + ")", "<a href=\"" + link + "\">",
		} {
			got := capability.Redact(before + text)
			if strings.Contains(before, signature) || strings.Contains(before, password) {
				continue
			}
			if strings.Contains(got, signature) || strings.Contains(got, password) {
				t.Errorf("%q became %q", before+text, got)
			}
			if again := capability.Redact(got); again != got {
				t.Errorf("%q became %q, and then %q", before+text, got, again)
			}
		}
	})
}
