package intake_test

import (
	"fmt"
	"strings"
	"testing"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/library/masters"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]string{
		"/hoox/abc":      {"hoox", "abc"},
		"/hoox/abc/":     {"hoox", "abc"},
		"/HOOX/abc":      {"HOOX", "abc"},
		"/hoox/a%62c":    {"hoox", "a%62c"},
		"/hoox//":        {"hoox", ""},
		"/hoox":          {},
		"/hoox/":         {},
		"/":              {},
		"":               {},
		"hoox/abc":       {},
		"/hoox/abc/def":  {},
		"//hoox/abc":     {},
		"/x/hoox/abc":    {},
		"https://h/hoox": {},
	} {
		if sender, token := intake.Address(path); sender != want[0] || token != want[1] {
			t.Errorf("%s: %q %q", path, sender, token)
		}
	}
}

func TestCoordinates(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"": "", "utm=1": "", "code=&variation=": "",
		"code=HRT-1212&variation=2":                                  "HRT-1212-2  ",
		"code=HRT-1212&variation=2&locale=pt_BR&aspect=9:16&other=x": "HRT-1212-2 pt-br 9x16",
		"code=A%26B&variation=0&aspect=1080x1920":                    "A&B-0  9x16",
		"code=HRT-1212":         "variation: missing",
		"variation=2":           "code: missing",
		"locale=en":             "code: missing",
		"aspect=1x1":            "code: missing",
		"code=a/b&variation=2":  "code: over",
		"code=%ff&variation=2":  "code: over",
		"code=%20a&variation=2": "code: over",
		"code=" + strings.Repeat("a", 65) + "&variation=2": "code: over",
		"code=A&variation=x":                          "variation: expected",
		"code=A&variation=-1":                         "variation: expected",
		"code=A&variation=1.5":                        "variation: expected",
		"code=A&variation=1000000":                    "variation: expected",
		"code=A&variation=99999999999999999999":       "variation: expected",
		"code=A&variation=1&locale=english-language!": "locale: no",
		"code=A&variation=1&aspect=wide":              "aspect: no",
		"code=A&code=B&variation=1":                   "query: code",
		"code=A&variation=1&locale=en&locale=de":      "query: code",
		"code=%zz&variation=1":                        "query: malformed",
		"code=A;variation=1":                          "query: malformed",
		"x=" + strings.Repeat("a", 5000):              "query: malformed",
	} {
		c := intake.CoordinatesOf(query)
		got := c.Problem
		if c.Given {
			got = fmt.Sprintf("%s %s %s", c.Creative, c.Locale, c.Aspect)
		} else if c.Coordinates != (masters.Coordinates{}) {
			t.Errorf("%.60s: not given, and yet %+v", query, c)
		}
		if !strings.HasPrefix(got, want) || (want == "") != (got == "") || c.Given && c.Problem != "" {
			t.Errorf("%.60s: %q, want %q", query, got, want)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ code, variation, locale, aspect, want, problem string }{
		{},
		{code: "A&B", variation: "0", want: "code=A%26B&variation=0"},
		{code: "HRT-1212", variation: "2", locale: "pt_BR", aspect: "9:16", want: "aspect=9%3A16&code=HRT-1212&locale=pt_BR&variation=2"},
		{code: "HRT-1212", problem: "variation: missing"},
		{locale: "en", problem: "code: missing"},
		{code: "A", variation: "1", aspect: "wide", problem: "aspect: no"},
	} {
		got, err := intake.Query(test.code, test.variation, test.locale, test.aspect)
		if test.problem != "" {
			if err == nil || !strings.HasPrefix(err.Error(), test.problem) {
				t.Errorf("%+v: %v", test, err)
			}
			continue
		}
		if c := intake.CoordinatesOf(got); err != nil || got != test.want || c.Problem != "" || c.Given != (test.code != "") {
			t.Errorf("%+v: %q, %v, read as %+v", test, got, err, c)
		}
	}
}

func TestHeadersWithoutCredentials(t *testing.T) {
	t.Parallel()
	header := map[string]string{
		"user-agent": "Hoox-API/1.0", "x-hoox-webhook": "true", "content-type": "application/json", "x-long": strings.Repeat("ü", 1000),
		"authorization": "x", "proxy-authorization": "x", "cookie": "x", "x-api-key": "x", "x-amz-security-token": "x", "X-Secret": "x",
		"x-signature": "x", "x-hub-signature-256": "x", "referer": "x", "x-mine": "x",
		"x-original-url": "/hoox/tok3n", "x-forwarded-uri": "/hoox/tok3n?code=x",
		strings.Repeat("n", 65): "x",
	}
	got := intake.StoredHeaders(header, "tok3n", "x-mine", "")
	if len(got) != 4 || got["user-agent"] != "Hoox-API/1.0" || len(got["x-long"]) != 1024 {
		t.Errorf("%v", got)
	}
	for i := range 200 {
		header[fmt.Sprintf("x-%d", i)] = "y"
	}
	if got := intake.StoredHeaders(header, "tok3n"); len(got) != 64 {
		t.Errorf("%d headers", len(got))
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("/hoox/abc", "code=HRT-1212&variation=2&locale=pt_BR&aspect=9:16")
	f.Add("/hoox/abc/", "code=%zz")
	f.Fuzz(func(t *testing.T, path, query string) {
		if sender, token := intake.Address(path); strings.Contains(sender+token, "/") {
			t.Errorf("%q is %q and %q", path, sender, token)
		}
		c := intake.CoordinatesOf(query)
		if c.Given && c.Problem != "" {
			t.Errorf("%+v", c)
		}
		r := record()
		r.Coordinates = c
		if again, err := intake.Decode(encoded(t, r)); err != nil || again.Coordinates != c {
			t.Errorf("%+v is stored as %+v: %v", c, again.Coordinates, err)
		}
	})
}
