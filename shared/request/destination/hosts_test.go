package destination_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/request/destination"
)

func mustParse(t *testing.T, raw string) capability.URL {
	t.Helper()
	u, err := capability.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return u
}

// pinned returns a parsed destination that allows only one upload host.
func pinned(t *testing.T, host string) destination.Destination {
	t.Helper()
	list, err := destination.Parse([]byte(fmt.Sprintf(`[{"name":"acme","secrets":["0123456789abcdef"],"uploadHosts":[%q]}]`, host)))
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

const (
	account = "0123456789abcdef0123456789abcdef"
	domain  = ".r2.cloudflarestorage.com"
)

func TestAPinnedHostOfTheWire(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("09-pinned-host.json")
	if err != nil {
		t.Fatal(err)
	}
	var wire struct {
		Destination struct{ UploadHosts []string }
		UploadURL   string
		Want        string
	}
	if err := json.Unmarshal(data, &wire); err != nil || !strings.HasPrefix(wire.Want, "allowed") {
		t.Fatalf("%v: %+v", err, wire)
	}
	callback := mustParse(t, "https://api.trigger.dev/x")
	if err := pinned(t, wire.Destination.UploadHosts[0]).Allow(mustParse(t, wire.UploadURL), callback, false); err != nil {
		t.Error(err)
	}
}

// If a destination allows one R2 account's host, it also allows the hosts of the account's buckets
// and jurisdictions. It allows no host of another account, which may have a bucket with this
// account's name.
func TestAPinCoversItsAccountAlone(t *testing.T) {
	t.Parallel()
	other := strings.Repeat("f", 32)
	for pin, hosts := range map[string]map[string]bool{
		account + domain: {
			account + domain: true, strings.ToUpper(account) + domain: true, account + domain + ":443": true,
			"bucket." + account + domain: true, "my-bucket-1." + account + domain: true, other + "." + account + domain: true,
			account + ".eu" + domain: true, "bucket." + account + ".eu" + domain: true,
			account + ".fedramp" + domain: true, "bucket." + account + ".fedramp" + domain: true,
			"evil-" + account + domain: false, "a.b." + account + domain: false, account + "." + other + domain: false,
			account + "." + other + ".eu" + domain: false, "bucket." + other + domain: false, other + ".eu" + domain: false,
			account + ".evil" + domain: false, "eu" + domain: false, "bucket.eu" + domain: false,
			account + domain + ".evil.example": false, account + ".eu.evil" + domain: false, account + ".r2.dev": false,
		},
		account + ".eu" + domain: {
			account + ".eu" + domain: true, "bucket." + account + ".eu" + domain: true,
			account + domain: false, "bucket." + account + domain: false, account + ".fedramp" + domain: false,
		},
		"bucket." + account + domain: {
			"bucket." + account + domain: true, account + domain: false, "other." + account + domain: false, "a.bucket." + account + domain: false,
		},
		"eu" + domain:        {"eu" + domain: true, other + ".eu" + domain: false, "bucket." + other + ".eu" + domain: false},
		"cdn.eu":             {"cdn.eu": true, "bucket.cdn.eu": false},
		"acc.r2.example.com": {"acc.r2.example.com": true, "bucket.acc.r2.example.com": false, "acc.eu.r2.example.com": false},
		"*" + domain:         {account + domain: true, "bucket." + other + ".eu" + domain: true, "r2.cloudflarestorage.com": false},
	} {
		d := pinned(t, pin)
		for host, allowed := range hosts {
			err := d.Allow(mustParse(t, "https://"+host+"/b/k"), mustParse(t, "https://api.trigger.dev/x"), false)
			lacking, repairable := errors.AsType[*destination.HostError](err)
			if (err == nil) != allowed || err != nil && (!repairable || lacking.Host != host || lacking.Destination != "acme") {
				t.Errorf("pinned to %s, %s: %v", pin, host, err)
			}
		}
	}
}

// A HostError means that a person could allow the host in the configuration. No configuration can
// allow the URLs of this test, so their errors are not HostErrors.
func TestAURLThatNoListAllowsIsNoHostError(t *testing.T) {
	t.Parallel()
	good := "https://" + account + domain + "/k"
	for raw, want := range map[string]error{
		"http://" + account + domain + "/":         safehttp.ErrScheme,
		"https://" + account + domain + ":8443/":   safehttp.ErrPort,
		"https://a@" + account + domain + "/":      safehttp.ErrUserInfo,
		"https://" + account + domain + "./":       safehttp.ErrName,
		"https://169.254.169.254/latest/meta-data": safehttp.ErrLiteral,
	} {
		d := pinned(t, account+domain)
		_, repairable := errors.AsType[*destination.HostError](d.Allow(mustParse(t, raw), mustParse(t, "https://api.trigger.dev/"), false))
		if err := d.Allow(mustParse(t, raw), mustParse(t, "https://api.trigger.dev/"), false); repairable || !errors.Is(err, want) {
			t.Errorf("upload to %s: %v", raw, err)
		}
		if err := d.Allow(mustParse(t, good), mustParse(t, raw), false); !errors.Is(err, want) {
			t.Errorf("callback to %s: %v", raw, err)
		}
	}
}

// If the list in memory refuses a host, Allow loads the list again, even before its maximum age. So
// a list that a person has repaired is used soon. Such loads are at least Config.Recheck apart.
func TestHostsAreReadAtEachTry(t *testing.T) {
	t.Parallel()
	list := func(host string) string {
		return fmt.Sprintf(`[{"name":"acme","secrets":["0123456789abcdef"],"callbackHosts":[%q]}]`, host)
	}
	r := newRing(list("old.example.com"))
	hosts := destination.Hosts{Keyring: r.Keyring}
	upload, callback := mustParse(t, "https://"+account+domain+"/k"), mustParse(t, "https://new.example.com/x")
	ask := func(name string) error { return hosts.Allow(t.Context(), name, upload, callback) }
	if lacking, ok := errors.AsType[*destination.HostError](ask("acme")); !ok || lacking.Host != "new.example.com" {
		t.Fatalf("before the repair: %v", ask("acme"))
	}
	r.source.set(list("new.example.com"), nil)
	r.now = r.now.Add(30 * time.Second)
	if err := ask("acme"); err != nil {
		t.Errorf("after the repair: %v", err)
	}
	r.now = r.now.Add(30 * time.Second)
	if loads := r.source.loads; ask("acme") != nil || r.source.loads != loads {
		t.Error("the list is read once more although it allows the hosts")
	}
	if lacking, ok := errors.AsType[*destination.HostError](ask("gone")); !ok || lacking.Destination != "gone" {
		t.Error("a destination that was removed still allows hosts")
	}
	broken := newRing("{")
	if err := (destination.Hosts{Keyring: broken.Keyring}).Allow(t.Context(), "acme", upload, callback); !errors.Is(err, destination.ErrUnavailable) {
		t.Errorf("without a list: %v", err)
	}
}
