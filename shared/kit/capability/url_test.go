package capability_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"masterhand/shared/kit/capability"
)

const upload = "https://Account.r2.cloudflarestorage.com/bucket/key.video?X-Amz-Signature=s3cr3t%2Fx"

func mustParse(t *testing.T, raw string) capability.URL {
	t.Helper()
	u, err := capability.Parse(raw)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return u
}

func TestURLNeverPrintsItself(t *testing.T) {
	t.Parallel()
	u := mustParse(t, upload)
	inside := struct {
		U capability.URL
		P *capability.URL
	}{u, &u}

	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "url", u, "inside", inside)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "url", u, "inside", inside)
	asJSON, err := json.Marshal(inside)
	if err != nil {
		t.Fatal(err)
	}
	shown := logged.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, struct{ u capability.URL }{u}) + fmt.Sprintf(verb, u) + fmt.Sprintf(verb, inside) + fmt.Sprintf(verb, &u)
	}
	for _, secret := range []string{"s3cr3t", "Signature", "key.video", fmt.Sprintf("%x", "s3cr3t")} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q was shown in %s", secret, shown)
		}
	}
	if !strings.Contains(shown, "account.r2.cloudflarestorage.com") {
		t.Errorf("the host is missing from %s", shown)
	}
}

func TestURLRevealsItsExactBytes(t *testing.T) {
	t.Parallel()
	if got := mustParse(t, upload).Reveal(); got != upload {
		t.Errorf("Reveal() = %q, want %q", got, upload)
	}
}

func TestURLParts(t *testing.T) {
	t.Parallel()
	u := mustParse(t, "http://user:pw@LOCALHOST:8080/p?a=b")
	if u.Scheme() != "http" || u.Host() != "localhost" || u.Port() != "8080" || !u.HasUserInfo() || u.Query().Get("a") != "b" {
		t.Errorf("parts: %s %s %s %v %v", u.Scheme(), u.Host(), u.Port(), u.HasUserInfo(), u.Query())
	}
	var zero capability.URL
	if !zero.IsZero() || zero.Host() != "" || zero.String() != "" || zero.Scheme() != "" || zero.Port() != "" || zero.HasUserInfo() {
		t.Error("the zero URL is not empty")
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]error{
		"": capability.ErrEmpty,
		"https://h/" + strings.Repeat("x", capability.MaxLength): capability.ErrTooLong,
		"https://h/\n":              capability.ErrMalformed,
		"https://h/a b":             capability.ErrMalformed,
		"https://a.example。com/":    capability.ErrMalformed,
		"https://ap%C4%B0.example/": capability.ErrMalformed,
		"https://apİ.example/":      capability.ErrMalformed,
		"https://h:port/":           capability.ErrMalformed,
		"ftp://h/":                  capability.ErrNotWeb,
		"/only/a/path":              capability.ErrNotWeb,
		"https:///path":             capability.ErrHostAbsent,
	} {
		_, err := capability.Parse(raw)
		if !errors.Is(err, want) {
			t.Errorf("Parse(%.40q) = %v, want %v", raw, err, want)
		}
		if err != nil && len(raw) > 8 && strings.Contains(err.Error(), raw) {
			t.Errorf("the error repeats the URL: %v", err)
		}
	}
}

func TestQueryTakesASemicolonAsItIs(t *testing.T) {
	t.Parallel()
	q := mustParse(t, "https://h/k?X-Amz-SignedHeaders=host;x-amz-acl&b=%3B&c&=d&e=%zz").Query()
	if q.Get("X-Amz-SignedHeaders") != "host;x-amz-acl" || q.Get("b") != ";" || !q.Has("c") || len(q) != 3 {
		t.Errorf("%v", q)
	}
}
