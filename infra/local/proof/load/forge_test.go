package load_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/proof/load"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
)

// request returns the event in which the platform requests a slot.
func request(t *testing.T, slot adplatform.Slot) gateway.Event {
	t.Helper()
	aspect := fmt.Sprintf(`"aspectRatio":%q`, slot.Aspect)
	if slot.Aspect == "" {
		aspect = fmt.Sprintf(`"placementFamily":%q,"acceptedAspects":["%s"]`, slot.Family, strings.Join(slot.Accepted, `","`))
	}
	body := fmt.Sprintf(`{"projectId":"p","creative":{"code":%q,"variation":%d,"locale":%q,%s,"kind":%q},"fulfillment":{"uploadUrl":`+
		`"http://127.0.0.1:9/a?b=c\u0026d=e","storageKey":"k","expiresAt":"2030-01-02T03:04:05Z","completeCallbackUrl":"http://127.0.0.1:9/t"}}`,
		slot.Code, slot.Variation, slot.Locale, aspect, slot.Kind)
	return gateway.Event{Topic: platform.TopicRequested, Body: []byte(body)}
}

// accepted returns nil if a receiver with these keys accepts the event as authentic. Otherwise it
// returns an error with the reason.
func accepted(e gateway.Event, keys ...signature.Key) error {
	get := func(name string) string {
		return strings.Join(e.Header[map[string]string{"x-outpost-signature": "X-Outpost-Signature"}[name]], ",")
	}
	_, err := signature.Verify(signature.Outpost, get, e.Body, keys, time.Now())
	return err
}

func keys(t *testing.T) (known, unknown signature.Key) {
	t.Helper()
	known, err := signature.NewKey(signature.Outpost, "whsec_known_to_the_receiver")
	if err == nil {
		unknown, err = signature.NewKey(signature.Outpost, "whsec_of_the_forger_alone")
	}
	if err != nil {
		t.Fatal(err)
	}
	return known, unknown
}

func TestForgeriesAreRefused(t *testing.T) {
	t.Parallel()
	known, unknown := keys(t)
	for variant := range load.Forgeries {
		e, err := load.Forge(request(t, load.Asks()[0].Slot), variant, known, unknown)
		if err != nil {
			t.Fatal(err)
		}
		if accepted(e, known) == nil {
			t.Errorf("forgery %d is authentic", variant)
		}
		if event, err := platform.Parse(e.Topic, e.Body); err != nil || event.Class != platform.Requested {
			t.Errorf("forgery %d asks for nothing: %v", variant, err)
		}
	}
	// Forgery 0 is correctly signed with the unknown key, so a receiver that knows this key must
	// accept it.
	e, err := load.Forge(request(t, load.Asks()[0].Slot), 0, known, unknown)
	if err := accepted(e, unknown); err != nil {
		t.Error("a true signature is refused:", err)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestSpoiledIsUnusable(t *testing.T) {
	t.Parallel()
	usable := func(e gateway.Event) bool {
		event, err := platform.Parse(e.Topic, e.Body)
		hosts := safehttp.Policy{Loopback: true}
		return err == nil && event.Class == platform.Requested &&
			hosts.Allow(event.Request.UploadURL) == nil && hosts.Allow(event.Request.CompleteURL) == nil
	}
	for _, ask := range append(load.Asks(), load.MissingAsks()...) {
		whole := request(t, ask.Slot)
		if !usable(whole) {
			t.Fatalf("%+v makes a request that is of no use", ask.Slot)
		}
		for variant := range load.Spoilings {
			e, id, err := load.Spoil(whole, variant)
			if err != nil || usable(e) {
				t.Errorf("spoiled in way %d, %+v is still of use (%v)", variant, ask.Slot, err)
			}
			if want := fmt.Sprintf("bad#%x", sha256.Sum256(e.Body)); id != want {
				t.Errorf("recorded as %s, want %s", id, want)
			}
		}
	}
}

func TestABodyThatIsNotJSONIsAnError(t *testing.T) {
	t.Parallel()
	known, unknown := keys(t)
	garbage := gateway.Event{Body: []byte("{")}
	if _, err := load.Forge(garbage, 0, known, unknown); err == nil {
		t.Error("no JSON is forged")
	}
	if _, _, err := load.Spoil(garbage, 0); err == nil {
		t.Error("no JSON is spoiled")
	}
}
