package safehttp_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

var hosts = []string{"*.R2.cloudflarestorage.com", "api.trigger.dev", "r2.localhost", "?.r2.localhost"}

func parse(t *testing.T, raw string) capability.URL {
	t.Helper()
	u, err := capability.Parse(raw)
	if err != nil {
		t.Fatalf("parsing %s: %v", raw, err)
	}
	return u
}

func TestAllow(t *testing.T) {
	t.Parallel()
	strict, local := safehttp.Policy{Hosts: hosts}, safehttp.Policy{Hosts: hosts, Loopback: true}
	for raw, want := range map[string]struct{ strict, local error }{
		"https://acc.r2.cloudflarestorage.com/b/k?s=1":    {nil, nil},
		"https://b.acc.eu.r2.cloudflarestorage.com/":      {nil, nil},
		"HTTPS://ACC.R2.Cloudflarestorage.COM:443/":       {nil, nil},
		"https://api.trigger.dev/":                        {nil, nil},
		"https://api.trigger.dev:/":                       {nil, nil},
		"https://r2.cloudflarestorage.com/":               {safehttp.ErrHost, safehttp.ErrHost},
		"https://evilr2.cloudflarestorage.com/":           {safehttp.ErrHost, safehttp.ErrHost},
		"https://acc.r2.cloudflarestorage.com.evil.test/": {safehttp.ErrHost, safehttp.ErrHost},
		"https://acc.r2.cloudflarestorage.com./":          {safehttp.ErrName, safehttp.ErrName},
		"https://.r2.cloudflarestorage.com/":              {safehttp.ErrName, safehttp.ErrName},
		"https://a..r2.cloudflarestorage.com/":            {safehttp.ErrName, safehttp.ErrName},
		"https://evil.test;.r2.cloudflarestorage.com/":    {safehttp.ErrName, safehttp.ErrName},
		"https://evil.test/api.trigger.dev":               {safehttp.ErrHost, safehttp.ErrHost},
		"https://sub.api.trigger.dev/":                    {safehttp.ErrHost, safehttp.ErrHost},
		"http://api.trigger.dev/":                         {safehttp.ErrScheme, safehttp.ErrScheme},
		"http://api.trigger.dev:443/":                     {safehttp.ErrScheme, safehttp.ErrScheme},
		"https://api.trigger.dev:80/":                     {safehttp.ErrPort, safehttp.ErrPort},
		"https://api.trigger.dev:0443/":                   {safehttp.ErrPort, safehttp.ErrPort},
		"https://user@api.trigger.dev/":                   {safehttp.ErrUserInfo, safehttp.ErrUserInfo},
		"https://:pw@api.trigger.dev/":                    {safehttp.ErrUserInfo, safehttp.ErrUserInfo},
		"https://api.trigger.dev@evil.test/":              {safehttp.ErrUserInfo, safehttp.ErrUserInfo},
		"https://127.0.0.1/":                              {safehttp.ErrLiteral, nil},
		"https://127.0.0.1:8443/":                         {safehttp.ErrPort, nil},
		"http://127.0.0.1:9000/b/k":                       {safehttp.ErrScheme, nil},
		"http://LocalHost:1/":                             {safehttp.ErrScheme, nil},
		"https://localhost/":                              {safehttp.ErrHost, nil},
		"http://user@127.0.0.1:9000/":                     {safehttp.ErrUserInfo, safehttp.ErrUserInfo},
		"http://r2.localhost:9000/":                       {safehttp.ErrScheme, nil},
		"http://b.r2.localhost:9000/":                     {safehttp.ErrScheme, nil},
		"http://c.b.r2.localhost:9000/":                   {safehttp.ErrScheme, safehttp.ErrHost},
		"http://other.localhost:9000/":                    {safehttp.ErrScheme, safehttp.ErrHost},
		"http://r2.localhost.evil.test:9000/":             {safehttp.ErrScheme, safehttp.ErrScheme},
		"http://.localhost:9000/":                         {safehttp.ErrScheme, safehttp.ErrScheme},
		"http://127.0.0.2:9000/":                          {safehttp.ErrScheme, safehttp.ErrScheme},
		"http://localhost.evil.test:9000/":                {safehttp.ErrScheme, safehttp.ErrScheme},
		"http://[::1]:9000/":                              {safehttp.ErrScheme, safehttp.ErrScheme},
		"https://[::1]/":                                  {safehttp.ErrLiteral, safehttp.ErrLiteral},
		"https://[fe80::1%25eth0]/":                       {safehttp.ErrLiteral, safehttp.ErrLiteral},
		"https://1.1.1.1/":                                {safehttp.ErrLiteral, safehttp.ErrLiteral},
		"https://169.254.169.254/latest/meta-data/":       {safehttp.ErrLiteral, safehttp.ErrLiteral},
		"https://127.1/":                                  {safehttp.ErrLiteral, safehttp.ErrLiteral},
		"https://2130706433/":                             {safehttp.ErrLiteral, safehttp.ErrLiteral},
		"https://0X7F000001/":                             {safehttp.ErrLiteral, safehttp.ErrLiteral},
	} {
		u := parse(t, raw)
		if err := strict.Allow(u); !errors.Is(err, want.strict) {
			t.Errorf("Allow(%s) = %v, want %v", raw, err, want.strict)
		}
		if err := local.Allow(u); !errors.Is(err, want.local) {
			t.Errorf("in loopback mode Allow(%s) = %v, want %v", raw, err, want.local)
		}
	}
}

func TestAllowWithoutHostsOrURL(t *testing.T) {
	t.Parallel()
	if err := (safehttp.Policy{}).Allow(parse(t, "https://api.trigger.dev/")); !errors.Is(err, safehttp.ErrHost) {
		t.Errorf("without hosts: %v, want ErrHost", err)
	}
	if err := (safehttp.Policy{Hosts: hosts, Loopback: true}).Allow(capability.URL{}); !errors.Is(err, safehttp.ErrScheme) {
		t.Errorf("without a URL: %v, want ErrScheme", err)
	}
}

func TestErrorsOfAllowShowOnlyTheHost(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"https://evil.test/s3cr3t?s3cr3t=s3cr3t#s3cr3t",
		"https://s3cr3t:s3cr3t@evil.test/s3cr3t",
		"https://evil.test:8443/s3cr3t",
		"http://evil.test/s3cr3t",
	} {
		err := safehttp.Policy{Hosts: hosts}.Allow(parse(t, raw))
		if err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "evil.test") {
			t.Errorf("the error for %s is %q", raw, err)
		}
	}
}

func TestOneLabelBelow(t *testing.T) {
	t.Parallel()
	policy := safehttp.Policy{Hosts: []string{"?.Acc.example.com"}}
	for host, allowed := range map[string]bool{
		"b.acc.example.com": true, "B-1.ACC.example.com": true, "acc.example.com": false, "c.b.acc.example.com": false,
		"evil-acc.example.com": false, "b.evilacc.example.com": false, "b.acc.example.com.evil.test": false,
	} {
		if err := policy.Allow(parse(t, "https://"+host+"/")); (err == nil) != allowed || err != nil && !errors.Is(err, safehttp.ErrHost) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if err := safehttp.CheckPattern("?.acc.example.com"); !errors.Is(err, safehttp.ErrPattern) {
		t.Errorf("as an operator's pattern: %v", err)
	}
}

func TestCheckPattern(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for _, good := range []string{"api.trigger.dev", "*.r2.cloudflarestorage.com", "A-b_c.Example", "*.example.com", long + "." + long} {
		if err := safehttp.CheckPattern(good); err != nil {
			t.Errorf("CheckPattern(%q) = %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "*", "*.", "*.com", "com", "localhost", ".example.com", "example.com.", "a..b", "*.*.example.com", "a.*.com", "r2*.example.com",
		"https://example.com", "example.com/", "example.com:443", "user@example.com", " example.com", "exämple.com",
		"127.0.0.1", "*.0.0.1", "example.0x7F", "::1", "[::1]", long + "a.com", strings.Repeat("abc.", 63) + "com",
	} {
		if err := safehttp.CheckPattern(bad); !errors.Is(err, safehttp.ErrPattern) {
			t.Errorf("CheckPattern(%q) = %v, want ErrPattern", bad, err)
		}
	}
}

// FuzzAllow checks that every allowed URL leads to a listed host. The check is independent of the
// policy's code.
func FuzzAllow(f *testing.F) {
	for _, seed := range []string{
		"https://acc.r2.cloudflarestorage.com/b/k?X-Amz-Signature=1", "https://api.trigger.dev:443/", "http://127.0.0.1:9000/",
		"https://api.trigger.dev@evil.test/", "https://[::ffff:127.0.0.1]/", "https://apİ.trigger.dev", "https://a\\b.r2.cloudflarestorage.com",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := capability.Parse(raw)
		if err != nil {
			return
		}
		parsed, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("url.Parse: %v", err)
		}
		strict := safehttp.Policy{Hosts: hosts}.Allow(u)
		if strict == nil && !leadsToList(parsed) {
			t.Errorf("%q was allowed", raw)
		}
		local := safehttp.Policy{Hosts: hosts, Loopback: true}.Allow(u)
		if strict == nil && local != nil {
			t.Errorf("%q is allowed, but not in loopback mode: %v", raw, local)
		}
		host := strings.ToLower(parsed.Hostname())
		if strict != nil && local == nil && host != "127.0.0.1" && host != "localhost" {
			t.Errorf("loopback mode allowed %q", raw)
		}
	})
}

func leadsToList(u *url.URL) bool {
	authority, _, _ := strings.Cut(strings.TrimPrefix(u.String()[len("https:"):], "//"), "/")
	authority, _, _ = strings.Cut(authority, "?")
	authority, _, _ = strings.Cut(authority, "#")
	host := strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(authority, "443"), ":"))
	return u.Scheme == "https" && (host == "api.trigger.dev" || strings.HasSuffix(host, ".r2.cloudflarestorage.com")) &&
		!strings.ContainsAny(host, "@:[]%\\ ") && !strings.ContainsFunc(host, func(r rune) bool { return r > 0x7e })
}
