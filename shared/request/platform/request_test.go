package platform_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"masterhand/shared/request/platform"
)

// problems lists all texts that an error may contain besides the field's name. None of them repeats
// input.
var problems = []string{
	"twice", "in another letter case",
	"missing", "over 1 MiB", "unreadable", "expected a string", "expected a whole number", "expected an array", "expected an object",
	"missing, and no placement family that says what it accepts", "missing or over 2 KiB", "no RFC 3339 time", "over 256 bytes",
	"family over 64 bytes or over 32 accepted aspects", "empty URL", "URL longer than 8 KiB", "malformed URL",
	"URL scheme other than https or http", "URL without a host",
	"creative code is empty, over 64 bytes, or has a slash, a control character, or a space at an end", "variation outside 0 to 999999",
	`kind is neither "video" nor "image"`, "not a language tag (expected a tag like en or pt-BR)", "not an aspect ratio (expected a ratio like 9x16)",
	"none that is known", "expected an array",
}

var errorGrammar = regexp.MustCompile(`^malformed event: (body|projectId|projectSlug|creative|creative\.\w+|fulfillment|fulfillment\.\w+): (.*)$`)

// field returns the name of the field in the error's text. It fails the test if the text may quote
// the event's body.
func field(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	match := errorGrammar.FindStringSubmatch(err.Error())
	if match == nil || !errors.Is(err, platform.ErrMalformed) {
		t.Errorf("an error of another kind: %v", err)
		return ""
	}
	for _, problem := range problems {
		if match[2] == problem || strings.HasPrefix(match[2], "no JSON at byte ") && match[1] == "body" {
			return match[1]
		}
	}
	t.Errorf("an error that may repeat content: %v", err)
	return match[1]
}

func TestEachFieldAtFaultIsNamed(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return `"` + strings.Repeat("s3cr3t", n/6+1) + `"` }
	for path, values := range map[string][]string{
		"projectId":                       {`7`, `{}`, long(256)},
		"projectSlug":                     {`["s3cr3t"]`},
		"creative":                        {`"s3cr3t"`, `[]`, `7`, `true`},
		"creative.code":                   {`7`, `[]`},
		"creative.variation":              {``, `null`, `"2"`, `2.5`, `1e99`, `{}`},
		"creative.locale":                 {``, `null`, `""`, `"s3cr3t https://x"`, `1`, `{}`},
		"creative.kind":                   {``, `"s3cr3t"`, `1`},
		"creative.aspectRatio":            {``, `"s3cr3t"`, `"0x0"`, `1`},
		"fulfillment":                     {`"https://s3cr3t"`, `[]`, `7`},
		"fulfillment.uploadUrl":           {``, `null`, `7`, `"s3cr3t"`, `"ftp://s3cr3t/"`, `"https://"`, `"https://h/s3cr3t\n"`, `"https://h/` + long(8 << 10)[1:]},
		"fulfillment.completeCallbackUrl": {``, `{}`, `"/s3cr3t"`, `"https://h:s3cr3t/"`, `"https://h/%s3cr3t"`},
		"fulfillment.storageKey":          {``, `""`, `7`, long(2048)},
		"fulfillment.expiresAt":           {``, `"s3cr3t"`, `1790000000`, `"2026-04-24"`, `"2026-13-01T00:00:00Z"`, `"9999-12-31T23:59:59-01:00"`, `"0000-01-01T00:00:00Z"`},
	} {
		for _, value := range values {
			body := edited(t, requested, path, value)
			_, err := platform.Parse(platform.TopicRequested, body)
			if got := field(t, err); got != path {
				t.Errorf("%s = %.60s: %v", path, value, err)
			}
		}
	}
	for path, values := range map[string][]string{ // values that the package creative refuses
		"creative.code":      {``, `null`, `""`, `"s3cr3t/x"`, `" s3cr3t"`, `"https://s3cr3t"`, `"s3cr3t\u0000"`, long(64)},
		"creative.variation": {`-1`, `1000000`},
	} {
		for _, value := range values {
			_, err := platform.Parse("", edited(t, requested, path, value))
			if got := field(t, err); got != "creative" {
				t.Errorf("%s = %.60s: %v", path, value, err)
			}
		}
	}
}

func TestAFamilyAtFaultIsNamed(t *testing.T) {
	t.Parallel()
	family := edited(t, requested, "creative.aspectRatio", "")
	for _, c := range []struct{ family, accepted, want string }{
		{``, ``, "creative.aspectRatio"},
		{`"banner"`, ``, "creative.aspectRatio"},
		{`"feed"`, `["1x1","s3cr3t"]`, ""},
		{`"feed"`, `["original",null,7,{},"4x5"]`, ""},
		{`"feed"`, `["s3cr3t",null]`, "creative.acceptedAspects"},
		{`"feed"`, `"1x1"`, "creative.acceptedAspects"},
		{`"feed"`, `[1]`, "creative.acceptedAspects"},
		{`"feed"`, `["1x1"` + strings.Repeat(`,"1x1"`, 32) + `]`, "creative.placementFamily"},
		{`"` + strings.Repeat("s3cr3t", 11) + `"`, `["1x1"]`, "creative.placementFamily"},
		{`7`, `["1x1"]`, "creative.placementFamily"},
		{`"feed"`, ``, ""},
		{``, `["1x1"]`, ""},
	} {
		body := edited(t, string(edited(t, string(family), "creative.placementFamily", c.family)), "creative.acceptedAspects", c.accepted)
		_, err := platform.Parse(platform.TopicRequested, body)
		if got := field(t, err); got != c.want {
			t.Errorf("%s accepting %.40s: %v, want %q", c.family, c.accepted, err, c.want)
		}
	}
}

func TestIDIsTheCallbacksHash(t *testing.T) {
	t.Parallel()
	const callback = "https://api.trigger.dev/s3cr3tCallback/complete"
	sum := sha256.Sum256([]byte(callback))
	if got, want := parsed(t, []byte(requested)).ID(), "req#"+hex.EncodeToString(sum[:]); got != want {
		t.Errorf("ID %s, want %s", got, want)
	}
	if other := parsed(t, edited(t, requested, "fulfillment.completeCallbackUrl", `"`+callback+`/"`)); other.ID() == parsed(t, []byte(requested)).ID() {
		t.Error("two callbacks have one ID")
	}
}

func TestAFingerprintDependsOnWhatIsAsked(t *testing.T) {
	t.Parallel()
	feed := `{"code":"HRT-1212","variation":2,"locale":"en","kind":"video","placementFamily":"feed","acceptedAspects":["1x1","4x5"]}`
	seen := map[string]string{}
	for name, body := range map[string][]byte{
		"as it is":      []byte(requested),
		"code":          edited(t, requested, "creative.code", `"HRT-1213"`),
		"variation":     edited(t, requested, "creative.variation", `12`),
		"locale":        edited(t, requested, "creative.locale", `"de"`),
		"kind":          edited(t, requested, "creative.kind", `"image"`),
		"aspect":        edited(t, requested, "creative.aspectRatio", `"4x5"`),
		"storage key":   edited(t, requested, "fulfillment.storageKey", `"other"`),
		"expiry":        edited(t, requested, "fulfillment.expiresAt", `"2026-04-24T01:00:00.001Z"`),
		"family":        edited(t, requested, "creative", feed),
		"other family":  edited(t, requested, "creative", strings.Replace(feed, `"feed"`, `"wall"`, 1)),
		"accepts less":  edited(t, requested, "creative", strings.Replace(feed, `,"4x5"`, ``, 1)),
		"accepts other": edited(t, requested, "creative", strings.Replace(feed, `"4x5"`, `"3x4"`, 1)),
	} {
		print := parsed(t, body).Fingerprint()
		if before, ok := seen[print]; ok {
			t.Errorf("%q and %q have one fingerprint", name, before)
		}
		seen[print] = name
	}
}

func TestAFingerprintDoesNotDependOnTheNotation(t *testing.T) {
	t.Parallel()
	want := parsed(t, []byte(requested)).Fingerprint()
	var indented []byte
	var content any
	if err := json.Unmarshal([]byte(requested), &content); err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(content, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{
		"written again, keys in another order": indented,
		"another upload URL":                   edited(t, requested, "fulfillment.uploadUrl", `"https://r2.example/again"`),
		"other ads":                            edited(t, requested, "facebook", `null`),
		"case and zone":                        edited(t, string(edited(t, requested, "creative.code", `"hrt-1212"`)), "fulfillment.expiresAt", `"2026-04-24T03:00:00+02:00"`),
		"spelling of aspect and locale":        edited(t, string(edited(t, requested, "creative.aspectRatio", `"9:16"`)), "creative.locale", `"EN"`),
	} {
		if got := parsed(t, body).Fingerprint(); got != want {
			t.Errorf("%s: another fingerprint", name)
		}
	}
}

// FuzzParse checks that Parse accepts a body or returns ErrMalformed, and that no error quotes the
// body.
func FuzzParse(f *testing.F) {
	for _, topic := range []string{platform.TopicRequested, platform.TopicRejected, ""} {
		for _, body := range []string{requested, result, `{"creative":"x","fulfillment":{"uploadUrl":7}}`, `[`} {
			f.Add(topic, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		event, err := platform.Parse(topic, body)
		if err != nil {
			field(t, err)
			return
		}
		_ = event.Class.String()
		if event.Class == platform.Requested {
			r := event.Request
			if r.UploadURL.IsZero() || r.CompleteURL.IsZero() || r.StorageKey == "" || len(r.Slot.Accepts()) == 0 || r.ID() == "" || r.Fingerprint() == "" {
				t.Errorf("a request that cannot be fulfilled: %+v", r)
			}
		}
	})
}
