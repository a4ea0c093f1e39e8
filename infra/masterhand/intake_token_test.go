package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/secret"
)

// Valid example tokens.
const (
	oldToken   = "0000000000000000000000000ld1"
	freshToken = "1111111111111111111111111ew2"
)

const sendersSecret = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:Senders-AbCdEf"

// announcing returns a fake account whose secret has these tokens for the sender Hoox.
func announcing(t *testing.T, tokens ...string) *account {
	a := newAccount(t)
	a.outputs["IntakeUrl"], a.outputs["IntakeBucket"] = "https://abc.lambda-url.eu-central-1.on.aws/", "events"
	a.outputs["IntakeSecret"] = sendersSecret
	a.senders = "{}"
	if len(tokens) > 0 {
		encoded, _ := json.Marshal(tokens)
		a.senders = fmt.Sprintf(`{"hoox":{"TOKENS":%s},"streampixel":{"tokens":[%q]}}`, encoded, freshToken)
	}
	return a
}

// stored returns the stored list of senders. If the function intake would refuse the list, it fails
// the test.
func (a *account) stored(t *testing.T) senderList {
	t.Helper()
	r, err := parseSenderList([]byte(a.senders))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// admits reports whether the function intake, with the stored secret, accepts an announcement.
func (a *account) admits(t *testing.T, sender, token string, header map[string]string, body []byte) bool {
	t.Helper()
	keyring := intake.NewKeyring(source(a.senders), secret.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: func() time.Time { return noon }})
	_, err := keyring.Admit(t.Context(), sender, token, header, body)
	return err == nil
}

func TestIntakeToken(t *testing.T) {
	t.Parallel()
	a := announcing(t)
	a.run(operator{}, "intake", "tokens").expect(t, 0, "no sender may announce files")
	a.run(operator{}, "intake", "url", "hoox").expect(t, 1, typed("intake token SENDER"))
	var made []string
	for n := range 2 {
		got := a.run(operator{}, "intake", "token", "streampixel", "--any-code")
		token := a.stored(t).bySender["streampixel"].Tokens[0].Token
		got.expect(t, 0, fmt.Sprintf("streampixel: added token %s, now the first of %d", intake.TokenHint(token), n+1), typed("intake url streampixel --show-token"))
		got.quiet(t, token)
		made = append(made, token)
	}
	if len(made[0]) != 43 || made[0] == made[1] || !a.admits(t, "streampixel", made[0], nil, nil) || !a.admits(t, "streampixel", made[1], nil, nil) {
		t.Error("the tokens that were made do not let in")
	}
	got := a.run(operator{hidden: freshToken}, "intake", "token", "hoox", "--own", "--any-code")
	got.expect(t, 0, "Token of hoox (not shown)", "now the first of 1")
	got.quiet(t, freshToken)
	a.run(operator{}, "intake", "token", "posternity", "--any-code").expect(t, 0, "all announcements of posternity are refused until its verifier is set")
	a.run(operator{}, "intake", "token", "streampixel", "--any-code").expect(t, 0, "first of 3")
	a.run(operator{}, "intake", "token", "streampixel", "--any-code").expect(t, 0, "streampixel has 4 tokens: drop")
	if len(a.stored(t).bySender) != 3 || a.writes != 6 {
		t.Errorf("%d senders after %d writes", len(a.stored(t).bySender), a.writes)
	}
}

// The command "intake token" stores a token with the codes that the token may announce, or as a
// token that may announce any code.
func TestATokenPermitsOnlyItsCodes(t *testing.T) {
	t.Parallel()
	a := announcing(t)
	a.run(operator{}, "intake", "token", "streampixel", "--codes", "HRT-####, SUMMER").expect(t, 0, "now the first of 1")
	if entry := a.stored(t).bySender["streampixel"].Tokens[0]; !slices.Equal(entry.Codes, []string{"HRT-####", "SUMMER"}) || entry.AnyCode || entry.Older {
		t.Errorf("stored as %+v", entry)
	}
	a.run(operator{}, "intake", "tokens").expect(t, 0, "HRT-####, SUMMER")
	a.run(operator{}, "intake", "token", "streampixel", "--any-code").expect(t, 0, "now the first of 2")
	if entry := a.stored(t).bySender["streampixel"].Tokens[0]; entry.Codes != nil || !entry.AnyCode || entry.Older {
		t.Errorf("stored as %+v", entry)
	}
}

func TestIntakeTokenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o      operator
		args   string
		stored string
		code   int
		says   string
	}{
		"no codes":             {args: "token hoox", code: 2, says: "expected either --codes SHAPES or --any-code"},
		"codes and any code":   {args: "token hoox --codes HRT-#### --any-code", code: 2, says: "expected either"},
		"a shape that is none": {args: "token hoox --codes {{", code: 2, says: "expected a code shape such as HRT-####"},
		"digits as a shape":    {args: "token hoox --codes ####", code: 2, says: "--codes: digits alone match every date and size"},
		"no sender":            {args: "token", code: 2, says: "expected exactly one sender (hoox, "},
		"an unknown one":       {args: "token acme --any-code", code: 2, says: "SENDER must be one of hoox, "},
		"a token as told":      {args: "token hoox " + freshToken, code: 2, says: "exactly one"},
		"a short one":          {o: operator{input: "sh0rt"}, args: "token hoox --any-code --own", code: 1, says: "22 to 256"},
		"none":                 {args: "token hoox --any-code --own", code: 1, says: "expected a secret, got an empty line"},
		"one it has":           {o: operator{input: oldToken}, args: "token hoox --any-code --own", code: 1, says: "has this token already"},
		"a broken secret":      {args: "token hoox --any-code", stored: `{"hoox":{"tokens":["sh0rt"]}}`, code: 1, says: "correct it"},
		"half a secret":        {args: "tokens", stored: `{"hoox":`, code: 1, says: "correct it"},
		"tokens of one":        {args: "tokens hoox", code: 2, says: "expected no arguments"},
		"half coordinates":     {args: "url hoox --variation 2", code: 2, says: "code: missing"},
		"a wrong locale":       {args: "url hoox --code HRT --variation 2 --locale e", code: 2, says: "language tag"},
		"a URL of nobody":      {args: "url", code: 2, says: "expected exactly one sender"},
		"a token of nobody":    {args: "token-drop hoox", code: 2, says: "its token's hash"},
		"a verifier of none":   {o: operator{input: newSecret}, args: "verifier adreform --header X-S", code: 1, says: "the sender has no token"},
		"no verifier":          {args: "verifier hoox --remove", code: 1, says: "the sender has no verifier"},
		"no header":            {o: operator{input: newSecret}, args: "verifier hoox", code: 1, says: "verifier: header is missing"},
		"no such algorithm":    {o: operator{input: newSecret}, args: "verifier hoox --header X-S --algorithm md5", code: 1, says: "sha512"},
		"no such scheme":       {o: operator{input: newSecret}, args: "verifier hoox --scheme svix", code: 2, says: "standard, stripe"},
		"an unknown word":      {o: operator{input: newSecret}, args: "verifier hoox --header X-S --signed {foo}.{body}", code: 1, says: "a word or brace other than {body}, {timestamp} and {id}"},
		"a secret not coded":   {o: operator{input: newSecret + "!"}, args: "verifier hoox --header X-S --secret-encoding base64", code: 1, says: "not written in its secretEncoding"},
		"no signing secret":    {args: "verifier hoox --header X-S", code: 1, says: "expected a secret, got an empty line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := announcing(t, oldToken)
			if c.stored != "" {
				a.senders = c.stored
			}
			got := a.run(c.o, append([]string{"intake"}, strings.Fields(c.args)...)...)
			got.expect(t, c.code, c.says)
			got.quiet(t, oldToken, freshToken, "sh0rt", newSecret)
			if a.writes != 0 {
				t.Error("the secret was written")
			}
		})
	}
	newAccount(t).run(operator{}, "intake", "tokens").expect(t, 1, "cannot receive announcements")
}

func TestIntakeURL(t *testing.T) {
	t.Parallel()
	a := announcing(t, freshToken, oldToken)
	coordinates := []string{"--code", "HRT 1212", "--variation", "2", "--locale", "pt-br", "--aspect", "9x16"}
	masked := a.run(operator{}, append([]string{"intake", "url", "hoox"}, coordinates...)...)
	masked.expect(t, 0, "https://abc.lambda-url.eu-central-1.on.aws/hoox/<token "+intake.TokenHint(freshToken)+">?aspect=9x16&code=HRT+1212&locale=pt-br&variation=2\n")
	masked.quiet(t, freshToken, oldToken)
	shown := a.run(operator{}, append([]string{"intake", "url", "--show-token", "hoox"}, coordinates...)...)
	if want := "https://abc.lambda-url.eu-central-1.on.aws/hoox/" + freshToken + "?aspect=9x16&code=HRT+1212&locale=pt-br&variation=2\n"; shown.out != want || shown.err != "" {
		t.Errorf("%q beside %q, want %q", shown.out, shown.err, want)
	}
	if got := a.run(operator{}, "intake", "url", "hoox", "--show-token"); got.out != "https://abc.lambda-url.eu-central-1.on.aws/hoox/"+freshToken+"\n" {
		t.Errorf("without coordinates: %q", got.out)
	}
}

func TestIntakeTokens(t *testing.T) {
	t.Parallel()
	a := announcing(t, freshToken, oldToken)
	fresh, old := intake.TokenHint(freshToken), intake.TokenHint(oldToken)
	a.points[owned{"hoox", fresh}] = []point{{noon.Add(-90 * time.Second), 3}}
	a.points[owned{"hoox", old}] = []point{{noon.Add(-72 * time.Hour), 2}}
	got := a.run(operator{}, "intake", "tokens")
	got.expect(t, 0, "hoox         "+fresh+"  any    -         2026-11-21 11:58Z (90 s ago)", old+"  any    -         2026-11-18 12:00Z (3 days ago)", "streampixel  "+fresh, "not in the last 14 days")
	got.quiet(t, freshToken, oldToken)
	a.metricsDown = true
	a.run(operator{}, "intake", "tokens").expect(t, 0, "unknown", "reading from CloudWatch when secrets last matched")
}

func TestIntakeTokenDrop(t *testing.T) {
	t.Parallel()
	fresh, old := intake.TokenHint(freshToken), intake.TokenHint(oldToken)
	for name, c := range map[string]struct {
		args    string
		matched time.Duration // how long ago an announcement last used the old token; 0 means never
		down    bool
		code    int
		says    string
		left    []string
	}{
		"an old one":           {args: "hoox " + old, matched: 25 * time.Hour, says: old + " dropped, 1 left", left: []string{fresh}},
		"one in use":           {args: "hoox " + old, matched: 23 * time.Hour, code: 1, says: "matched within the last day", left: []string{fresh, old}},
		"one in use, by force": {args: "hoox " + old + " --force", matched: time.Hour, says: "dropped", left: []string{fresh}},
		"not known":            {args: "hoox " + old, down: true, code: 1, says: "--force", left: []string{fresh, old}},
		"the last":             {args: "streampixel " + fresh + " --force", code: 1, says: "last token", left: []string{fresh, old}},
		"no such token":        {args: "hoox abcdef01", code: 1, says: "no token of this sender", left: []string{fresh, old}},
		"of nobody":            {args: "adreform " + old, code: 1, says: "no token of this sender", left: []string{fresh, old}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := announcing(t, freshToken, oldToken)
			a.metricsDown = c.down
			if c.matched > 0 {
				a.points[owned{"hoox", old}] = []point{{noon.Add(-c.matched), 1}}
			}
			got := a.run(operator{}, append([]string{"intake", "token-drop"}, strings.Fields(c.args)...)...)
			got.expect(t, c.code, c.says)
			got.quiet(t, freshToken, oldToken)
			if left := a.stored(t).hints("hoox"); !slices.Equal(left, c.left) {
				t.Errorf("left %q, want %q", left, c.left)
			}
		})
	}
}

// Announcements of Posternity are accepted only after its verifier and its signing secret are set.
func TestPosternityNeedsAVerifierAndASigningSecret(t *testing.T) {
	t.Parallel()
	a := announcing(t)
	body := []byte(`{"event":"studio.campaign.completed"}`)
	signed := func(secret string) map[string]string {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		return map[string]string{"x-signature": "sha256=" + hex.EncodeToString(mac.Sum(nil))}
	}
	verifier := func(secret string, args ...string) said {
		t.Helper()
		got := a.run(operator{input: secret}, append([]string{"intake", "verifier", "posternity"}, args...)...)
		got.quiet(t, oldSecret, newSecret)
		return got
	}
	a.run(operator{input: freshToken}, "intake", "token", "posternity", "--own", "--any-code").expect(t, 0, "posternity are refused until")
	verifier(oldSecret, "--header", "X-Signature", "--prefix", "sha256=").expect(t, 0, "read from header X-Signature; the new secret is the first of 1\n")
	lets := func(secret string) bool {
		t.Helper()
		return a.admits(t, senders.Posternity, freshToken, signed(secret), body)
	}
	if !lets(oldSecret) || lets(newSecret) {
		t.Error("not let in by what was told")
	}
	verifier(newSecret).expect(t, 0, "the first of 2\n")
	if !lets(oldSecret) || !lets(newSecret) {
		t.Error("a rotation locks out")
	}
	verifier(newSecret, "--replace", "--skew", "1m").expect(t, 0, "the first of 1\n")
	if lets(oldSecret) || !lets(newSecret) || a.stored(t).bySender["posternity"].Verifier.Skew != "1m" {
		t.Errorf("the old secret was to go, the header to stay")
	}
	a.run(operator{}, "intake", "tokens").expect(t, 0, "X-Signature")
	verifier(oldSecret, "--scheme", "stripe", "--skew", "2m").expect(t, 0, "read from header Stripe-Signature; the new secret is the first of 2\n")
	if v := *a.stored(t).bySender["posternity"].Verifier; v.Prefix != "v1=" || v.Skew != "2m" {
		t.Error("the scheme did not replace the older settings, or a given setting was lost")
	}
	verifier("", "--remove").expect(t, 0, "signatures are no longer checked", "posternity are refused until")
	if lets(newSecret) {
		t.Error("let in without a verifier")
	}
}

// The command can set up each usual signature scheme by its name or by its single settings. The
// function intake then accepts announcements that are signed by this scheme.
func TestIntakeVerifierOfUsualSchemes(t *testing.T) {
	t.Parallel()
	body, unix := `{"event":"studio.campaign.completed"}`, strconv.FormatInt(noon.Unix(), 10)
	const key = "0123456789abcdefghijklmn"
	sum := func(key, text string) []byte {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return mac.Sum(nil)
	}
	standard := map[string]string{
		"webhook-id": "msg_1", "webhook-timestamp": unix,
		"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(sum(key, "msg_1."+unix+"."+body)),
	}
	for name, c := range map[string]struct {
		args, secret string
		header       map[string]string
	}{
		"Stripe": {
			args: "--header Stripe-Signature --prefix v1= --timestamp-prefix t=", secret: newSecret,
			header: map[string]string{"stripe-signature": "t=" + unix + ",v1=" + hex.EncodeToString(sum(newSecret, unix+"."+body))},
		},
		"Stripe's scheme": {
			args: "--scheme stripe --header X-Posternity-Signature", secret: newSecret,
			header: map[string]string{"x-posternity-signature": "t=" + unix + ",v1=" + hex.EncodeToString(sum(newSecret, unix+"."+body))},
		},
		"Standard Webhooks' scheme": {
			args:   "--scheme standard",
			secret: "whsec_" + base64.StdEncoding.EncodeToString([]byte(key)), header: standard,
		},
		"Standard Webhooks": {
			args:   "--header webhook-signature --prefix v1, --encoding base64 --timestamp-header webhook-timestamp --id-header webhook-id --secret-encoding base64",
			secret: "whsec_" + base64.StdEncoding.EncodeToString([]byte(key)), header: standard,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := announcing(t)
			a.run(operator{input: freshToken}, "intake", "token", "posternity", "--own", "--any-code").expect(t, 0, "posternity are refused until")
			got := a.run(operator{input: c.secret}, append([]string{"intake", "verifier", "posternity"}, strings.Fields(c.args)...)...)
			got.expect(t, 0, "the new secret is the first of 1\n")
			got.quiet(t, c.secret)
			if !a.admits(t, senders.Posternity, freshToken, c.header, []byte(body)) {
				t.Error("what is signed so is not let in")
			}
			if a.admits(t, senders.Posternity, freshToken, c.header, []byte(" "+body)) {
				t.Error("another body is let in")
			}
		})
	}
}

func TestSenderListHidesItself(t *testing.T) {
	t.Parallel()
	r, err := parseSenderList([]byte(`{"hoox":{"tokens":["` + oldToken + `"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(verb, r); got != "[redacted senders]" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}

// FuzzSenderList checks that adding a token to any stored list changes nothing else in the list.
func FuzzSenderList(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"hoox":{"TOKENS":["` + oldToken + `"],"tokens":["` + freshToken + `"]}}`))
	f.Add([]byte(`{"posternity":{"tokens":["` + oldToken + `"],"verifier":{"header":"x","secrets":["` + oldSecret + `"],"skew":"1m"}}}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		r, err := parseSenderList(stored)
		if err != nil {
			return
		}
		before, _ := parseSenderList(stored)
		if r.add(senders.AdReform, intake.TokenEntry{Token: "fuzzed_fuzzed_fuzzed_fuzzed", AnyCode: true}) != nil {
			return
		}
		encoded, err := json.Marshal(r.bySender)
		if err != nil {
			t.Fatal(err)
		}
		after, err := parseSenderList(encoded)
		if err != nil {
			return // stop here: with one more token the list is over a limit, so it is rightly refused
		}
		if !slices.Equal(after.hints(senders.AdReform)[1:], before.hints(senders.AdReform)) {
			t.Error("tokens that were there are lost")
		}
		delete(after.bySender, senders.AdReform)
		delete(before.bySender, senders.AdReform)
		one, _ := json.Marshal(before.bySender)
		two, _ := json.Marshal(after.bySender)
		if !bytes.Equal(one, two) {
			t.Error("another sender was changed")
		}
	})
}

// source is a [secret.Source] whose secret never changes.
type source string

// Load implements [secret.Source].
func (s source) Load(context.Context) ([]byte, error) { return []byte(s), nil }
