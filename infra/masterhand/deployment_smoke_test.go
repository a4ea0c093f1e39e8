package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
)

// fulfil answers an expired event as the function fulfill does, and writes the request's item to
// the ledger.
func (a *account) fulfil(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	list, _ := destination.Parse([]byte(a.secret))
	for _, d := range list {
		if _, err := signature.Verify(d.Scheme, r.Header.Get, body, d.Keys, noon); err != nil {
			continue
		}
		event, err := platform.Parse(r.Header.Get("X-Outpost-Topic"), body)
		if err != nil || d.Allow(event.Request.UploadURL, event.Request.CompleteURL, false) != nil || event.Request.ExpiresAt.After(noon) {
			fmt.Fprint(w, `{"outcome":"malformed"}`)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.items[event.Request.ID()] = "expired"
		fmt.Fprint(w, `{"outcome":"expired"}`)
		return
	}
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprint(w, `{"outcome":"unauthentic"}`)
}

func TestSmoke(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, scheme, secret, hosts string
		second                      string // second upload host that the command must test; "" if only one host is tested
	}{
		{"plain", "outpost", oldSecret, "", "smoke-bucket.smoke.r2.cloudflarestorage.com"},
		{"stamped", "outpost-timestamped", oldSecret, "a.r2.cloudflarestorage.com", "smoke-bucket.a.r2.cloudflarestorage.com"},
		{"standard", "standard", standard64, "*.example.com", ""},
	} {
		a := newAccount(t)
		a.webhook = a.fulfil
		a.run(operator{input: newSecret}, "secret", "first").expect(t, 0)
		args := []string{"secret", c.name, "--scheme", c.scheme}
		if c.hosts != "" {
			args = append(args, "--upload-host", c.hosts)
		}
		a.run(operator{input: c.secret}, args...).expect(t, 0)
		for range 2 {
			got := a.run(operator{}, "smoke", "--destination", c.name)
			got.expect(t, 0, "ok    URL", "ok    destination    "+c.name+", signing with …"+c.secret[len(c.secret)-4:],
				"ok    answer         200 expired", "ok    ledger         req#", "ok    object events  EventBridge is on for bucket films")
			got.quiet(t, c.secret, newSecret, "FAIL", "https://smoke")
			if said := strings.Contains(got.out, "ok    hosts          uploads may go to "+c.second+" as well"); said != (c.second != "") {
				t.Errorf("%s: of the second form it says\n%s", c.name, got.out)
			}
		}
		a.run(operator{}, "smoke").expect(t, 0, "ok    destination    first", "ok    library        default: not completely indexed yet")
		a.state = fmt.Sprintf(`{"format":1,"ruleSet":%q,"built":true}`, masters.Library{Bucket: "films"}.RuleSet())
		a.run(operator{}, "smoke").expect(t, 0, "ok    library        default: completely indexed")
		a.state = `{"format":1,"ruleSet":"x","bucket":"old","built":true}`
		a.run(operator{}, "smoke", "--name", "production").expect(t, 1, "FAIL  library        the index of library default is of bucket old, but the settings name bucket films; \""+typed("reindex --status")+" --name production\"")
		a.state, a.lastRun = `{"format":1,"ruleSet":"x","bucket":"films"}`, fmt.Sprintf(`{"format":1,"id":"1","rules":%q,"step":{"phase":"finished","documents":3,"emptied":2}}`, masters.Library{Bucket: "films"}.RuleSet())
		a.run(operator{}, "smoke").expect(t, 1, "FAIL  library        library default is not indexed whole")
		a.state, a.lastRun = "no JSON", ""
		a.run(operator{}, "smoke").expect(t, 1, "FAIL  library        default: ")
		a.state = ""
		// The command was run five times for the first destination. That destination allows a whole
		// R2 account, so the command sent two test events each time: one for each form of the
		// upload host.
		want := 5 * 2
		if want += 2; c.second != "" {
			want += 2
		}
		if len(a.items) != want {
			t.Errorf("%d requests, want %d: no id may come twice", len(a.items), want)
		}
	}
}

func TestSmokeNamesTheCauseOfEachFailure(t *testing.T) {
	t.Parallel()
	answering := func(status int, body string) func(*account) {
		return func(a *account) {
			a.webhook = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, body)
			}
		}
	}
	for name, c := range map[string]struct {
		broken func(*account)
		says   []string
	}{
		"nobody":           {func(a *account) { a.secret = "[]" }, []string{"FAIL  destination", typed("secret DEST"), "ok    object events"}},
		"broken list":      {func(a *account) { a.secret = "[" }, []string{"FAIL  destination"}},
		"other secrets":    {func(a *account) { a.webhook = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) } }, []string{"FAIL  answer         401", "within a minute"}},
		"no permission":    {answering(403, `{"Message":"Forbidden"}`), []string{"FAIL  answer         403", "deploy again"}},
		"Lambda throttles": {answering(429, `{"Reason":"x"}`), []string{"Lambda throttles"}},
		"unavailable":      {answering(503, `{"outcome":"unavailable"}`), []string{"503 unavailable", "library"}},
		"crashed":          {answering(502, `Internal Server Error`), []string{"the function failed"}},
		"other hosts":      {answering(200, `{"outcome":"malformed"}`), []string{"200 malformed", "hosts"}},
		"another page":     {answering(200, `<html>`), []string{"check that this is the function's URL"}},
		"redirected": {func(a *account) {
			a.webhook = http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP
		}, []string{"FAIL  answer         307"}},
		"a host not allowed": {func(a *account) {
			a.webhook = func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				event, _ := platform.Parse(platform.TopicRequested, body)
				a.items[event.Request.ID()], a.code = "expired", fulfillment.CodeHost
				fmt.Fprint(w, `{"outcome":"expired"}`)
			}
		}, []string{"ok    answer", "FAIL  hosts ", "within the last minute"}},
		"no ledger":   {answering(200, `{"outcome":"expired"}`), []string{"ok    answer", "FAIL  ledger         ledger item absent"}},
		"unreachable": {func(a *account) { a.outputs["Url"] = "http://127.0.0.1:1/" }, []string{"FAIL  answer", "refused"}},
		"events off":  {func(a *account) { a.buckets["films"].bridge = false }, []string{"ok    ledger", `FAIL  object events  EventBridge is off for bucket films: turn it on with "` + typed("connect films") + `"`}},
		"no bucket":   {func(a *account) { delete(a.buckets, "films") }, []string{"FAIL  masters        bucket films does not exist"}},
		"another region": {func(a *account) { a.buckets["films"].region = "us-west-2" },
			[]string{"FAIL  masters        bucket films is in region us-west-2, expected eu-central-1: its events do not reach this deployment"}},
		"another account": {func(a *account) { a.buckets["films"].account = "111122223333" },
			[]string{"FAIL  masters        bucket films does not belong to account 000000000000: its events do not reach this deployment"}},
		"refused": {func(a *account) { a.buckets["films"].refused = true }, []string{"FAIL  masters        access to bucket films is denied"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := holding(t, oldSecret)
			a.webhook = a.fulfil
			c.broken(a)
			got := a.run(operator{}, "smoke")
			got.expect(t, 1, append(c.says, "at least one check failed")...)
			got.quiet(t, oldSecret, standard64)
			if strings.Count(got.out, "FAIL") != 1 {
				t.Errorf("one line must fail\n%s", got.out)
			}
		})
	}
	holding(t, oldSecret).run(operator{}, "smoke", "--destination", "acne").expect(t, 1, "no such destination")
}

// The command "smoke" checks that the function intake refuses an announcement with a wrong token.
func TestSmokeChecksThatIntakeRefusesAWrongToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   int
		says   string
	}{
		"turned away":   {401, `{"outcome":"unauthentic"}`, 0, "ok    intake         401 unauthentic to a wrong token"},
		"let in":        {200, `{"outcome":"accepted"}`, 1, "FAIL  intake         200 accepted to a wrong token: anybody"},
		"no permission": {403, `{"Message":"Forbidden"}`, 1, "FAIL  intake         403: AWS refuses all calls"},
		"no secret":     {503, `{"outcome":"unavailable"}`, 1, "FAIL  intake         503 unavailable: the function cannot read its secret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := holding(t, oldSecret)
			a.webhook = a.fulfil
			a.run(operator{}, "smoke").expect(t, 0, "skip  intake         this deployment receives no announcements")
			a.outputs["IntakeUrl"], a.outputs["IntakeBucket"], a.outputs["IntakeSecret"] = a.URL+"/announced/", "events", sendersSecret
			a.senders = `{"hoox":{"tokens":["` + oldToken + `"]},"streampixel":{"tokens":[{"token":"` + freshToken + `","codes":["HRT-####"]}]}}`
			var knocked []string
			a.announced = func(w http.ResponseWriter, r *http.Request) {
				knocked = append(knocked, r.Method+" "+r.URL.Path)
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}
			a.run(operator{}, "smoke").expect(t, c.code, c.says)
			got := a.run(operator{}, "smoke")
			got.expect(t, c.code)
			named := strings.Contains(got.out, "ok    tokens         hoox "+intake.TokenHint(oldToken)+": made by an older version")
			if named != (c.code == 0) || strings.Contains(got.out, intake.TokenHint(freshToken)) {
				t.Errorf("of tokens it says: %s", got.out)
			}
			if len(knocked) != 2 || knocked[0] == knocked[1] || !strings.HasPrefix(knocked[0], "POST /announced/streampixel/") {
				t.Errorf("knocked at %q", knocked)
			}
			a.outputs["IntakeUrl"] = "http://127.0.0.1:1/"
			a.run(operator{}, "smoke").expect(t, 1, "FAIL  intake         ", "refused")
		})
	}
}
