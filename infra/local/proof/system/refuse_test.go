package system_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/signature"
)

// An event must be rejected and have no effect if its signature is missing or deviates in any way
// from the valid one.
func TestUnauthentic(t *testing.T) {
	t.Parallel()
	s := running(t)
	code := newCode()
	s.Master(t, code, 0)
	const header = "X-Outpost-Signature"
	plain := mustKey(signature.Outpost, scenario.Secret)
	sign := func(body []byte) string {
		return signature.Sign(signature.Outpost, []signature.Key{plain}, "", time.Now(), body)["x-outpost-signature"]
	}
	set := func(value func(right string) string) func(*gateway.Event) {
		return func(e *gateway.Event) {
			body, err := gateway.Compact(e.Body)
			if err != nil {
				t.Fatal(err)
			}
			e.Header = http.Header{header: {value(sign(body))}}
		}
	}
	tests := map[string]func(*gateway.Event){
		"no signature":        func(e *gateway.Event) { e.Header = http.Header{header: nil} },
		"empty":               set(func(string) string { return "" }),
		"of another body":     set(func(string) string { return sign([]byte("{}")) }),
		"truncated":           set(func(right string) string { return right[:len(right)-1] }),
		"in capitals":         set(func(right string) string { return "v0=" + strings.ToUpper(right[3:]) }),
		"without its scheme":  set(func(right string) string { return right[3:] }),
		"of a later scheme":   set(func(right string) string { return "v1=" + right[3:] }),
		"doubled":             set(func(right string) string { return right + "," + right[:4] }),
		"doubled with scheme": set(func(right string) string { return right + "," + right }),
		"with space":          set(func(right string) string { return "v0= " + right[3:] }),
		"with a time":         set(func(right string) string { return "t=1," + right }),
		"nine digests":        set(func(right string) string { return right + strings.Repeat(","+right[3:], 8) }),
		"a byte more": func(e *gateway.Event) {
			e.Header = http.Header{header: {sign(slices.Concat(e.Body, []byte(" ")))}}
			e.Verbatim = true
		},
	}
	for name, forge := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := s.request(t, story(code), adplatform.Options{})
			event := request.Event()
			forge(&event)
			wantAnswer(t, s.send(t, event), 401, "unauthentic")
			s.wantUnknown(t, request)
		})
	}
	t.Run("signed twice", func(t *testing.T) {
		t.Parallel()
		request := s.request(t, story(code), adplatform.Options{})
		event := request.Event()
		body, err := gateway.Compact(event.Body)
		if err != nil {
			t.Fatal(err)
		}
		// The header has two values, which the function URL joins with a comma.
		event.Header = http.Header{header: {sign(body), sign(body)}}
		wantAnswer(t, s.send(t, event), 401, "unauthentic")
		s.wantUnknown(t, request)
	})
	for name, sender := range map[string]*gateway.Gateway{
		"a secret nobody knows": s.Gateway.Signing(signature.Outpost, mustKey(signature.Outpost, scenario.Secret+"0")),
		"another's secret":      s.Gateway.Signing(signature.Standard, mustKey(signature.Standard, scenario.Secret)),
		"a time long past":      s.senderAt(time.Now().Add(-6*time.Minute), signature.OutpostTimestamped, scenario.StampedSecret),
		"a time to come":        s.senderAt(time.Now().Add(time.Hour), signature.Standard, scenario.StandardSecret),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := s.request(t, story(code), adplatform.Options{})
			wantAnswer(t, s.sendBy(t, sender, request.Event()), 401, "unauthentic")
			s.wantUnknown(t, request)
		})
	}
}

// senderAt returns a gateway whose signatures state the time in the parameter now.
func (s *env) senderAt(now time.Time, scheme signature.Scheme, secret string) *gateway.Gateway {
	return gateway.New(gateway.Config{
		Endpoint: s.FulfillURL, Scheme: scheme, Keys: []signature.Key{mustKey(scheme, secret)}, Now: func() time.Time { return now },
	})
}

// A signed but malformed event must be recorded once, without its content. The answer must be 200,
// so that the gateway does not send the event again.
func TestMalformedEventsAreRecordedOnce(t *testing.T) { byEachDoor(t, testMalformed) }

func testMalformed(t *testing.T, s *env) {
	malformed, err := events.Sample("malformed")
	if err != nil {
		t.Fatal(err)
	}
	// Each function returns a malformed body; nil means that the sample's own body is sent. Bodies
	// that do not come from the sample contain a new code, so that the ledger gets a new record for
	// each door.
	tests := map[string]func(body string) string{
		"a word for a number": nil, // the sample itself is malformed
		"no JSON":             func(string) string { return `{"creative":"` + newCode() },
		"a list":              func(string) string { return `["` + newCode() + `"]` },
		"nothing":             func(string) string { return `` },
		"no code":             replacing(`"code":"HRT-1212",`, ``),
		"a code with a slash": replacing(`"HRT-1212"`, `"HRT/1212"`),
		"an odd aspect":       replacing(`"9x16"`, `"upright"`),
		"no aspect":           replacing(`"aspectRatio":"9x16",`, ``),
		"an odd kind":         replacing(`"video"`, `"sound"`),
		"an odd locale":       replacing(`"en"`, `"??"`),
		"no storage key":      replacing(`"storageKey":"`, `"storageKey":"","x":"`),
		"an odd time":         replacing(`"expiresAt":"`, `"expiresAt":"on `),
		"no callback":         replacing(`"completeCallbackUrl":"`, `"completeCallbackUrl":"","x":"`),
		"another's storage":   replacing(`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://127.0.0.1.example.com`),
		"a host inside":       replacing(`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://169.254.169.254`),
		"another's callback":  replacing(`"completeCallbackUrl":"http://127.0.0.1`, `"completeCallbackUrl":"http://10.0.0.1`),
		"a file":              replacing(`"uploadUrl":"http`, `"uploadUrl":"file`),
		"a name in the URL":   replacing(`"uploadUrl":"http://127.0.0.1`, `"uploadUrl":"http://user@127.0.0.1`),
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "nothing" && s.door != "" {
				t.Skip("SQS takes no empty message; the bucket's record would be the URL's")
			}
			event := malformed
			if change != nil {
				event.Data = bytes.ReplaceAll(event.Data, []byte(`"two"`), []byte(`2`))
			}
			request, err := s.Platform.Fill(event, adplatform.Options{StorageKey: "fb-external/malformed/" + name})
			if err != nil {
				t.Fatal(err)
			}
			s.credentials.add(request.UploadURL.Query().Get("X-Amz-Signature"), request.Token)
			sent := request.Event()
			if sent.Body, err = gateway.Compact(sent.Body); err != nil {
				t.Fatal(err)
			}
			if change != nil {
				sent.Body = []byte(change(string(sent.Body)))
			}
			sent.Verbatim = true
			for range 2 {
				wantAnswer(t, s.send(t, sent), 200, "malformed")
			}
			s.wantUnknown(t, request)
			sum := sha256.Sum256(sent.Body)
			item, err := s.Ledger.Load(t.Context(), "bad#"+hex.EncodeToString(sum[:]))
			if err != nil || item.State != ledger.Malformed || item.Attempts != 2 || item.Destination != "plain" || item.Detail == "" {
				t.Errorf("recorded as %+v, %v", item, err)
			}
		})
	}
}

func replacing(what, by string) func(string) string {
	return func(body string) string {
		if !strings.Contains(body, what) {
			panic("the sample has no " + what) // only a mistake in the test itself can cause this error
		}
		return strings.Replace(body, what, by, 1)
	}
}

// If two different requests have the same callback URL, the second request must get the answer
// "conflict" and must not change the first one.
func TestAnotherRequestWithTheSameCallbackIsAConflict(t *testing.T) { byEachDoor(t, testConflict) }

func testConflict(t *testing.T, s *env) {
	code := newCode()
	data := s.Master(t, code, 0)
	request := s.ask(t, story(code), "delivered")
	before := s.Item(t, request)
	for what, by := range map[string]string{
		`"variation":1`: `"variation":2`, `"9x16"`: `"1x1"`, `"kind":"video"`: `"kind":"image"`, `"locale":"en"`: `"locale":"de"`,
		`"storageKey":"`: `"storageKey":"other`, `"expiresAt":"2`: `"expiresAt":"3`,
	} {
		other := request.Event()
		other.Body = []byte(replacing(what, by)(string(other.Body)))
		wantAnswer(t, s.send(t, other), 200, "conflict")
	}
	if after := s.Item(t, request); after.Version != before.Version {
		t.Errorf("the first request was touched: %+v, was %+v", after, before)
	}
	s.wantDelivered(t, request, data)
}

// A request that arrives after its deadline must get the answer "expired". Nothing may be uploaded,
// and no callback may be sent.
func TestALateRequestExpires(t *testing.T) { byEachDoor(t, testExpired) }

func testExpired(t *testing.T, s *env) {
	code := newCode()
	s.Master(t, code, 0)
	request := s.request(t, story(code), adplatform.Options{ExpiresAt: time.Now().Add(-time.Second)})
	for range 2 {
		wantAnswer(t, s.send(t, request.Event()), 200, "expired")
	}
	s.wantNothingSent(t, request)
	if item := s.Item(t, request); item.State != ledger.Expired || item.Decision != nil {
		t.Errorf("the ledger says %+v", item)
	}
}

// An event with an unknown topic, or with a topic that does not fit the body, must be ignored, and
// nothing may be stored.
func TestIgnored(t *testing.T) { byEachDoor(t, testIgnored) }

func testIgnored(t *testing.T, s *env) {
	for _, topic := range []string{"video.source_seen", "video.source_rejected", "VIDEO.SOURCE_REQUESTED"} {
		request := s.request(t, story(newCode()), adplatform.Options{})
		event := request.Event()
		event.Topic = topic
		wantAnswer(t, s.send(t, event), 200, "ignored")
		s.wantUnknown(t, request)
	}
	wantAnswer(t, s.send(t, gateway.Event{Body: []byte(`{"hello":"world"}`)}), 200, "ignored")
}

func TestMethodAndSize(t *testing.T) {
	t.Parallel()
	s := running(t)
	large := func(n int) string { return `{"x":"` + strings.Repeat("x", n) + `"}` }
	tests := map[string]struct {
		method, body, want string
		status             int
	}{
		"a look":      {http.MethodGet, "", `{"outcome":"method_not_allowed"}`, 405},
		"a put":       {http.MethodPut, "{}", `{"outcome":"method_not_allowed"}`, 405},
		"a deletion":  {http.MethodDelete, "", `{"outcome":"method_not_allowed"}`, 405},
		"1 MiB":       {http.MethodPost, large(1<<20 - 8), `{"outcome":"unauthentic"}`, 401},
		"a byte more": {http.MethodPost, large(1<<20 - 7), `{"outcome":"too_large"}`, 413},
		"over 6 MiB":  {http.MethodPost, large(6 << 20), `{"Message":"Request Entity Too Large"}`, 413},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), test.method, s.FulfillURL, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != test.status || strings.TrimSpace(string(body)) != test.want {
				t.Errorf("answer %d %s (%v), want %d %s", response.StatusCode, body, err, test.status, test.want)
			}
		})
	}
}
