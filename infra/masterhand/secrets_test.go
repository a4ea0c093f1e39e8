package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/shared/request/destination"
)

// Example secrets in the platform's format.
const (
	oldSecret  = "whsec_0000000000000000000000000000000000000000000000000000000000000ld1"
	newSecret  = "whsec_1111111111111111111111111111111111111111111111111111111111111ew2"
	standard64 = "whsec_c3RhbmRhcmQgd2ViaG9va3Mgc2VjcmV0IDAxMjM0NTY="
)

// holding returns a fake account with the single destination acme, which has these secrets.
func holding(t *testing.T, secrets ...string) *account {
	a := newAccount(t)
	encoded, _ := json.Marshal(secrets)
	a.secret = fmt.Sprintf(`[{"name":"other","secrets":[%q],"note":{"kept":true}},{"name":"acme","uploadHosts":["a.r2.cloudflarestorage.com"],"secrets":%s}]`,
		standard64, encoded)
	return a
}

// list returns the stored destinations in the form that the functions read.
func (a *account) list(t *testing.T) []destination.Destination {
	t.Helper()
	return mustParse(t, []byte(a.secret))
}

func mustParse(t *testing.T, stored []byte) []destination.Destination {
	t.Helper()
	list, err := destination.Parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// hints returns the last four characters of each secret of a destination, as one text.
func hints(list []destination.Destination, name string) string {
	d := named(list, name)
	if d == nil {
		return "none"
	}
	var texts []string
	for _, key := range d.Keys {
		texts = append(texts, key.Hint())
	}
	return strings.Join(texts, " ")
}

func TestSecretMakesADestination(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.environment["LIBRARIES"] = `[{"name":"films","prefix":"films/"}]`
	got := a.run(operator{input: standard64 + "\n"}, "secret", "acme", "--scheme", "standard", "--library", "films",
		"--upload-host", "one.r2.cloudflarestorage.com", "--upload-host", "two.r2.cloudflarestorage.com", "--callback-host", "hooks.example.com")
	got.expect(t, 0, "acme (standard, library films): the first secret is …", "of 1 in all")
	got.quiet(t, standard64, "warning")
	d := a.list(t)[0]
	if d.Name != "acme" || d.Library != "films" || len(d.UploadHosts) != 2 || d.CallbackHosts[0] != "hooks.example.com" || len(d.Keys) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestSecretKeepsTheOtherSettings(t *testing.T) {
	t.Parallel()
	a := holding(t, oldSecret)
	got := a.run(operator{hidden: newSecret}, "secret", "acme")
	got.expect(t, 0, "Secret of acme (not shown)", "the first secret is …1ew2, of 2 in all")
	got.quiet(t, newSecret, oldSecret, "warning")
	list := a.list(t)
	if h := hints(list, "acme"); h != "1ew2 0ld1" {
		t.Errorf("secrets %s", h)
	}
	if hints(list, "other") == "none" || !strings.Contains(a.secret, `"kept": true`) || list[1].UploadHosts[0] != "a.r2.cloudflarestorage.com" {
		t.Errorf("something was lost")
	}
}

func TestSecretWarns(t *testing.T) {
	t.Parallel()
	a := holding(t, oldSecret, "whsec_2222222222222222222222222a", "whsec_2222222222222222222222222b")
	a.run(operator{input: newSecret}, "secret", "acme").expect(t, 0, "acme has 4 secrets")
	a.run(operator{input: "whsec_somewhat1ew2somewhat1ew2"}, "secret", "fresh").expect(t, 0, "the uploads of fresh may go to any R2 account")
	a.run(operator{input: "whsec_another1ew2another1ew2"}, "secret", "fresh").expect(t, 0, "secrets with the same last four characters")
}

func TestSecretRefuses(t *testing.T) {
	t.Parallel()
	const short = "whsec_short"
	for name, c := range map[string]struct {
		o      operator
		args   []string
		stored string
		code   int
		says   string
	}{
		"a second argument": {args: []string{"acme", newSecret}, code: 2, says: "exactly one"},
		"an unknown scheme": {o: operator{input: newSecret}, args: []string{"acme", "--scheme", "md5"}, code: 2, says: "outpost-timestamped"},
		"a wide host":       {o: operator{input: newSecret}, args: []string{"acme", "--upload-host", "*"}, code: 2, says: "--upload-host must be a host name"},
		"a URL":             {o: operator{input: newSecret}, args: []string{"acme", "--upload-host", "https://a.example/" + newSecret}, code: 2, says: "without https://"},
		"it as the name":    {args: []string{newSecret}, code: 2, says: "expected a destination's name, got a secret"},
		"a name too long":   {args: []string{strings.Repeat("x", 65)}, code: 2, says: "1 to 64 printable"},
		"no secret":         {args: []string{"acme"}, code: 1, says: "expected a secret, got an empty line"},
		"a short one":       {o: operator{input: short}, args: []string{"acme"}, code: 1, says: "the given secret: secret shorter than 16"},
		"a long line":       {o: operator{input: strings.Repeat("x", maxLine+1)}, args: []string{"acme"}, code: 1, says: "reading the input"},
		"one it has":        {o: operator{input: oldSecret + "\r\n"}, args: []string{"acme"}, code: 1, says: "has this secret already"},
		"another's":         {o: operator{input: standard64}, args: []string{"acme"}, code: 1, says: "another destination has this secret: each destination needs a secret of its own"},
		"a shared one":      {o: operator{input: newSecret}, args: []string{"acme"}, stored: `[{"name":"acme","secrets":["` + oldSecret + `"]},{"name":"b","secrets":["` + oldSecret + `"]}]`, code: 1, says: "[1].secrets[0]: another destination has this secret"},
		"a wrong scheme":    {o: operator{input: "whsec_no-base64-at-all-!!"}, args: []string{"acme", "--scheme", "standard"}, code: 1, says: "the given secret: "},
		"a library unknown": {o: operator{input: newSecret}, args: []string{"acme", "--library", "films"}, code: 1, says: `"films" (configured: default)`},
		"a broken list":     {o: operator{input: newSecret}, args: []string{"acme"}, stored: `[{"name":"acme","secrets":["` + short + `"]}]`, code: 1, says: "correct it"},
		"half a list":       {o: operator{input: newSecret}, args: []string{"acme"}, stored: `[{"name":`, code: 1, says: "correct it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := holding(t, oldSecret)
			if c.stored != "" {
				a.secret = c.stored
			}
			got := a.run(c.o, append([]string{"secret"}, c.args...)...)
			got.expect(t, c.code, c.says)
			got.quiet(t, newSecret, oldSecret, short, standard64)
			if a.writes != 0 {
				t.Error("the list was written")
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	a := holding(t, newSecret, oldSecret, "whsec_2222222222222222222222222a", "whsec_2222222222222222222222222b")
	a.points[owned{"acme", "1ew2"}] = []point{{noon.Add(-90 * time.Second), 3}, {noon.Add(-time.Hour), 1}}
	a.points[owned{"acme", "0ld1"}] = []point{{noon.Add(-time.Hour), 0}, {noon.Add(-72 * time.Hour), 2}}
	got := a.run(operator{}, "secrets")
	got.expect(t, 0, "2026-11-21 11:58Z (90 s ago)", "2026-11-18 12:00Z (3 days ago)", "not in the last 14 days", "acme has 4 secrets", "the uploads of other may go")
	got.quiet(t, newSecret, oldSecret, standard64)
	if n := strings.Count(got.out, "\n"); n != 6 {
		t.Errorf("%d lines\n%s", n, got.out)
	}
	a.metricsDown = true
	a.run(operator{}, "secrets").expect(t, 0, "unknown", "reading from CloudWatch when secrets last matched", "1ew2")
	a.secret = "[]"
	a.run(operator{}, "secrets").expect(t, 0, "all events are refused")
}

func TestSecretDrop(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args    string
		secrets []string
		matched time.Duration // how long ago a webhook last matched the old secret; 0 means never
		down    bool
		code    int
		says    string
		left    string
	}{
		"an old one":            {args: "acme 0ld1", secrets: []string{newSecret, oldSecret}, matched: 25 * time.Hour, says: "0ld1 dropped, 1 left", left: "1ew2"},
		"as it is shown":        {args: "acme …0ld1", secrets: []string{newSecret, oldSecret}, says: "dropped", left: "1ew2"},
		"one in use":            {args: "acme 0ld1", secrets: []string{newSecret, oldSecret}, matched: 23 * time.Hour, code: 1, says: "matched within the last day", left: "1ew2 0ld1"},
		"one in use, by force":  {args: "acme 0ld1 --force", secrets: []string{newSecret, oldSecret}, matched: time.Hour, says: "dropped", left: "1ew2"},
		"not known":             {args: "acme 0ld1", secrets: []string{newSecret, oldSecret}, down: true, code: 1, says: "--force", left: "1ew2 0ld1"},
		"not known, by force":   {args: "--force acme 0ld1", secrets: []string{newSecret, oldSecret}, down: true, says: "dropped", left: "1ew2"},
		"the last":              {args: "acme 0ld1 --force", secrets: []string{oldSecret}, code: 1, says: "last secret", left: "0ld1"},
		"no such secret":        {args: "acme abcd", secrets: []string{newSecret, oldSecret}, code: 1, says: "no secret of this destination", left: "1ew2 0ld1"},
		"no such destination":   {args: "acne 0ld1", secrets: []string{newSecret, oldSecret}, code: 1, says: "no such destination", left: "1ew2 0ld1"},
		"two that end alike":    {args: "acme 0ld1", secrets: []string{newSecret, oldSecret, "whsec_another_0ld1"}, code: 1, says: "several secrets", left: "1ew2 0ld1 0ld1"},
		"a destination by half": {args: "acme", secrets: []string{newSecret, oldSecret}, code: 2, says: "last four", left: "1ew2 0ld1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := holding(t, c.secrets...)
			a.metricsDown = c.down
			if c.matched > 0 {
				a.points[owned{"acme", "0ld1"}] = []point{{noon.Add(-c.matched), 1}}
			}
			got := a.run(operator{}, append([]string{"secret-drop"}, strings.Fields(c.args)...)...)
			got.expect(t, c.code, c.says)
			got.quiet(t, newSecret, oldSecret)
			if left := hints(a.list(t), "acme"); left != c.left {
				t.Errorf("left %s, want %s", left, c.left)
			}
		})
	}
}

func TestDestinationListHidesItself(t *testing.T) {
	t.Parallel()
	r, err := parseDestinationList([]byte(`[{"name":"acme","secrets":["` + oldSecret + `"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, r); got != "[redacted list]" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

// FuzzDestinationList checks, for any stored list, that adding and dropping a secret changes nothing
// else in the list.
func FuzzDestinationList(f *testing.F) {
	f.Add([]byte(`[]`))
	f.Add([]byte(`[{"name":"acme","secrets":["` + oldSecret + `"],"more":1e400,"library":null}]`))
	f.Add([]byte(`[{"name":"b","NAME":"acme","secrets":["` + oldSecret + `"]}]`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		r, err := parseDestinationList(stored)
		if err != nil {
			return
		}
		before, _ := destination.Parse(stored)
		if _, err := r.add("fuzzed", newSecret); err != nil {
			return
		}
		_, after, err := r.encode()
		if err != nil {
			return // stop here: the functions would refuse the changed list, for example because it is too large
		}
		for _, d := range before {
			if d.Name != "fuzzed" && hints(before, d.Name) != hints(after, d.Name) {
				t.Errorf("%q had %s and has %s", d.Name, hints(before, d.Name), hints(after, d.Name))
			}
		}
		if named(after, "fuzzed") == nil {
			t.Error("no destination was made")
		}
	})
}

// A destination whose events arrive by a queue or a bucket needs no secret. If it has secrets, it
// keeps them.
func TestADestinationOfAQueueNeedsNoSecret(t *testing.T) {
	t.Parallel()
	a := holding(t, oldSecret)
	a.run(operator{}, "secret", "ads", "--without-secret", "--upload-host", "one.r2.cloudflarestorage.com").expect(t, 0, "ads (library default) has no secret")
	if d := named(a.list(t), "ads"); d == nil || len(d.Keys) != 0 || d.UploadHosts[0] != "one.r2.cloudflarestorage.com" {
		t.Errorf("%+v", d)
	}
	a.run(operator{}, "secrets").expect(t, 0, "ads", "only by a queue or a bucket")
	a.run(operator{}, "secret", "acme", "--without-secret", "--upload-host", "two.r2.cloudflarestorage.com").expect(t, 0, "the first secret is …0ld1, of 1 in all")
	a.run(operator{}, "smoke", "--destination", "ads").expect(t, 1, "no secret to sign with")
}

// If a destination has secrets and the operator types an empty secret at a terminal, the command
// changes only the hosts.
func TestAnEmptySecretKeepsTheSecrets(t *testing.T) {
	t.Parallel()
	a := holding(t, oldSecret)
	a.run(operator{hidden: "\n"}, "secret", "acme", "--upload-host", "b.r2.cloudflarestorage.com", "--callback-host", "hooks.example.com").
		expect(t, 0, "Secret of acme; leave empty to keep the secrets (not shown)", "the first secret is …0ld1, of 1 in all")
	d := named(a.list(t), "acme")
	if hints(a.list(t), "acme") != "0ld1" || d.UploadHosts[0] != "b.r2.cloudflarestorage.com" || d.CallbackHosts[0] != "hooks.example.com" {
		t.Errorf("%+v", d)
	}
	a.run(operator{hidden: newSecret}, "secret", "acme", "--upload-host", "c.r2.cloudflarestorage.com").expect(t, 0, "the first secret is …1ew2, of 2 in all")
	writes := a.writes
	for name, c := range map[string]struct {
		o    operator
		args []string
	}{
		"no host":           {operator{hidden: "\n"}, []string{"acme"}},
		"only a library":    {operator{hidden: "\n"}, []string{"acme", "--library", "default"}},
		"a new destination": {operator{hidden: "\n"}, []string{"fresh", "--upload-host", "b.r2.cloudflarestorage.com"}},
		"a pipe":            {operator{input: "\n"}, []string{"acme", "--upload-host", "b.r2.cloudflarestorage.com"}},
	} {
		got := a.run(c.o, append([]string{"secret"}, c.args...)...)
		if got.quiet(t, "leave empty"); got.code != 1 || !strings.Contains(got.err, "expected a secret, got an empty line") {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if a.writes != writes {
		t.Error("the list was written")
	}
}
