package destination_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/kit/safehttp"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

const full = `[
  {"name": "Acme Ads", "scheme": "standard", "secrets": ["whsec_MDEyMzQ1Njc4OTAxMjM0NQ==", "QUFBQUFBQUFBQUFBQUFBQQ=="],
   "library": "team-a", "uploadHosts": ["Acc.R2.cloudflarestorage.com", "*.acc.eu.r2.cloudflarestorage.com"],
   "callbackHosts": ["trigger.acme.example"], "note": {"anything": [1, null]}},
  {"name": "b", "secrets": ["whsec_0123456789abcdef"], "uploadHosts": [], "callbackHosts": null, "library": ""},
  {"name": "c", "scheme": "outpost-timestamped", "secrets": ["abcdef0123456789"], "uploadHosts": ["*.R2.cloudflarestorage.com"]}
]`

func TestParse(t *testing.T) {
	t.Parallel()
	list, err := destination.Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	show := func(d destination.Destination) string {
		hints := ""
		for _, key := range d.Keys {
			hints += key.Hint() + " "
		}
		return fmt.Sprintf("%s|%s|%s|%s|%v|%v|%v", d.Name, d.Scheme, hints, d.Library, d.UploadHosts, d.CallbackHosts, d.Pinned())
	}
	var got []string
	for _, d := range list {
		got = append(got, show(d))
	}
	want := []string{
		"Acme Ads|standard|NQ== QQ== |team-a|[acc.r2.cloudflarestorage.com *.acc.eu.r2.cloudflarestorage.com]|[trigger.acme.example]|true",
		"b|outpost|cdef |default|[*.r2.cloudflarestorage.com]|[api.trigger.dev]|false",
		"c|outpost-timestamped|6789 |default|[*.r2.cloudflarestorage.com]|[api.trigger.dev]|false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Parse:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestParseEmptyList(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"[]", " [\n] "} {
		if list, err := destination.Parse([]byte(text)); err != nil || len(list) != 0 {
			t.Errorf("Parse(%q) = %v, %v", text, list, err)
		}
	}
}

// repeat returns a list with n correct destinations.
func repeat(n int) string {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf(`{"name":"d%d","secrets":["0123456789abcdef%d"]}`, i, i))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	secrets := `"` + strings.Join(slices.Repeat([]string{"0123456789abcdef"}, 17), `","`) + `"`
	hosts := `"` + strings.Join(slices.Repeat([]string{"a.example.com"}, 17), `","`) + `"`
	good := `"name":"n","secrets":["0123456789abcdef"]`
	for text, want := range map[string]error{
		"":                            destination.ErrNoList,
		"null":                        destination.ErrNoList,
		"{}":                          destination.ErrNoList,
		"[":                           destination.ErrNoList,
		"[] []":                       destination.ErrNoList,
		"\ufeff[]":                    destination.ErrNoList,
		"[\"\xff\"]":                  destination.ErrNoList,
		full[:len(full)/2]:            destination.ErrNoList,
		"whsec_0123456789abcdef":      destination.ErrNoList,
		strings.Repeat(" ", 64<<10+1): destination.ErrTooLarge,
		repeat(101):                   destination.ErrTooManyDestinations,
		"[null]":                      destination.ErrType,
		"[1]":                         destination.ErrType,
		"[[]]":                        destination.ErrType,
		`[{` + good + `,"name":1}]`:   destination.ErrType,
		`[{"name":"n","secrets":"0123456789abcdef"}]`:                                            destination.ErrType,
		`[{"name":"n","secrets":[12345678901234567]}]`:                                           destination.ErrType,
		`[{` + good + `,"scheme":[]}]`:                                                           destination.ErrType,
		`[{` + good + `,"uploadHosts":"a.example.com"}]`:                                         destination.ErrType,
		`[{"secrets":["0123456789abcdef"]}]`:                                                     destination.ErrName,
		`[{` + good + `,"name":" n"}]`:                                                           destination.ErrName,
		`[{` + good + `,"name":"Größe"}]`:                                                        destination.ErrName,
		`[{` + good + `,"name":"a\u0000b"}]`:                                                     destination.ErrName,
		`[{` + good + `,"name":"` + strings.Repeat("n", 65) + `"}]`:                              destination.ErrName,
		`[{` + good + `},{"name":"n","secrets":["another-secret-x"]}]`:                           destination.ErrDuplicate,
		`[{` + good + `},{"name":"m","secrets":["abcdefabcdefabcd","0123456789abcdef"]}]`:        destination.ErrSharedSecret,
		`[{` + good + `},{"name":"m","secrets":["whsec_0123456789abcdef"]}]`:                     destination.ErrSharedSecret,
		`[{` + good + `},{"name":"m","scheme":"standard","secrets":["whsec_0123456789abcdef"]}]`: destination.ErrSharedSecret,
		`[{"name":"n","secrets":[` + secrets + `]}]`:                                             destination.ErrTooManyEntries,
		`[{"name":"n","secrets":["0123456789abcde"]}]`:                                           signature.ErrSecretShort,
		`[{"name":"n","secrets":["0123456789abcdef\n"]}]`:                                        signature.ErrSecretSpaced,
		`[{` + good + `,"scheme":"standard","secrets":["whsec_not+base64!!!"]}]`:                 signature.ErrSecretBase64,
		`[{` + good + `,"scheme":"Outpost"}]`:                                                    signature.ErrScheme,
		`[{` + good + `,"library":"../b"}]`:                                                      destination.ErrLibrary,
		`[{` + good + `,"library":"B"}]`:                                                         destination.ErrLibrary,
		`[{` + good + `,"uploadHosts":["*"]}]`:                                                   safehttp.ErrPattern,
		`[{` + good + `,"uploadHosts":["https://a.example.com"]}]`:                               safehttp.ErrPattern,
		`[{` + good + `,"callbackHosts":["127.0.0.1"]}]`:                                         safehttp.ErrPattern,
		`[{` + good + `,"callbackHosts":[` + hosts + `]}]`:                                       destination.ErrTooManyEntries,
	} {
		list, err := destination.Parse([]byte(text))
		var parse *destination.ParseError
		if list != nil || !errors.Is(err, want) || !errors.As(err, &parse) || len(parse.Problems) != 1 {
			t.Errorf("Parse(%.80q) = %v, %v; want %v alone", text, list, err, want)
		}
	}
	if list, err := destination.Parse([]byte(repeat(100))); len(list) != 100 || err != nil {
		t.Errorf("100 destinations: %d, %v", len(list), err)
	}
}

func TestParseReportsAllProblemsAndNoValue(t *testing.T) {
	t.Parallel()
	list, err := destination.Parse([]byte(`[
	  {"name": "s3cr3t\n", "scheme": "s3cr3t", "secrets": ["s3cr3t"], "library": "S3cr3t", "uploadHosts": ["s3cr3t", "a.example.com"], "callbackHosts": 31337},
	  {"name": "good", "secrets": ["0123456789abcdef"]},
	  {"name": "good", "secrets": ["s3cr3t", "0123456789abcdef", "s3cr3t s3cr3t s3cr3t"]},
	  {"name": "more", "secrets": [31337]}
	]`))
	want := "destinations: [0].name: expected a name of 1 to 64 printable ASCII characters" +
		"; [0].library: expected a library name of 1 to 32 lower-case letters, digits and hyphens" +
		`; [0].uploadHosts[0]: host pattern that is neither a full host name nor "*." before one` +
		"; [0].callbackHosts: wrong JSON type" +
		`; [0].scheme: unknown signature scheme (use "outpost", "outpost-timestamped" or "standard")` +
		"; [2].secrets[0]: secret shorter than 16 characters" +
		"; [2].secrets[1]: another destination has this secret: each destination needs a secret of its own" +
		"; [2].secrets[2]: secret contains white space or control characters" +
		"; [2].name: an earlier destination has the same name" +
		"; [3].secrets: wrong JSON type"
	if list != nil || err == nil || err.Error() != want {
		t.Errorf("Parse = %v\n%v\nwant\n%s", list, err, want)
	}
}

func TestDestinationHidesItsKeys(t *testing.T) {
	t.Parallel()
	list, err := destination.Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s", list, list, list, list)
	for _, secret := range []string{"whsec_", "0123456789abcdef", "MDEyMzQ1", "QUFBQUFB"} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q was shown in %s", secret, shown)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{full, "[]", "null", "[null]", full[:40], `[{"name":"n","secrets":["0123456789abcdef"],"uploadHosts":["*.a.b"]}]`, repeat(3)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := destination.Parse(data)
		if err != nil {
			var parse *destination.ParseError
			if list != nil || !errors.As(err, &parse) || len(parse.Problems) == 0 {
				t.Fatalf("Parse = %v, %v", list, err)
			}
			return
		}
		names := map[string]bool{}
		for _, d := range list {
			if d.Name == "" || names[d.Name] || d.Library == "" || len(d.Keys) > 16 {
				t.Errorf("%+v was let through", d)
			}
			names[d.Name] = true
			if _, err := signature.ParseScheme(string(d.Scheme)); err != nil || d.Scheme == "" {
				t.Errorf("scheme %q was let through", d.Scheme)
			}
			for _, pattern := range slices.Concat(d.UploadHosts, d.CallbackHosts) {
				if safehttp.CheckPattern(pattern) != nil {
					t.Errorf("host pattern %q was let through", pattern)
				}
			}
			if len(d.UploadHosts) == 0 || len(d.CallbackHosts) == 0 {
				t.Error("no hosts")
			}
		}
	})
}
