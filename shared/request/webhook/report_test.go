package webhook_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/webhook"
)

// asked returns a request. Its URLs contain secrets.
func asked(t *testing.T) platform.Request {
	t.Helper()
	parse := func(host string) capability.URL {
		u, err := capability.Parse("https://" + host + "/" + telemetrytest.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	return platform.Request{
		Slot:      creative.Slot{Project: "p", Creative: creative.Creative{Code: "HRT-1", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16"},
		UploadURL: parse(r2), CompleteURL: parse(trigger),
	}
}

func TestEachWebhookHasItsMetrics(t *testing.T) {
	t.Parallel()
	acme := func(hosts ...string) destination.Match {
		return destination.Match{Destination: &destination.Destination{Name: "acme", UploadHosts: hosts}, KeyHint: "a b\x7f~"}
	}
	const matched = `SecretMatches=1 Count [Destination="acme" Secret="a?b?~"]`
	delivered := fulfillment.Outcome{Status: fulfillment.Delivered, Remaining: time.Hour}
	repeated := delivered
	repeated.Repeated = true
	for name, c := range map[string]struct {
		served webhook.Served
		want   []string
	}{
		"not authentic": {webhook.Served{Status: 401, Answer: "unauthentic"}, []string{`SignatureFailures=1 Count []`}},
		"too large":     {webhook.Served{Status: 413, Answer: "too_large"}, nil},
		"malformed": {
			webhook.Served{Status: 200, Answer: "malformed", Match: acme("*.r2.cloudflarestorage.com")},
			[]string{`Requests=1 Count [] [Outcome="malformed"]`, matched, `MalformedRequests=1 Count []`},
		},
		"delivered to any account": {
			webhook.Served{Status: 200, Answer: "delivered", Match: acme("*.r2.cloudflarestorage.com"), Request: asked(t), Outcome: delivered},
			[]string{`Requests=1 Count [] [Outcome="delivered"]`, matched, `UnpinnedUploadHosts=1 Count []`, `TimeLeft=3600 Seconds []`},
		},
		"delivered to its own account": {
			webhook.Served{Status: 200, Answer: "delivered", Match: acme(r2), Request: asked(t), Outcome: delivered},
			[]string{`Requests=1 Count [] [Outcome="delivered"]`, matched, `TimeLeft=3600 Seconds []`},
		},
		"answered from the ledger": {
			webhook.Served{Status: 200, Answer: "delivered", Match: acme("*.r2.cloudflarestorage.com"), Request: asked(t), Outcome: repeated},
			[]string{`Requests=1 Count [] [Outcome="delivered"]`, matched},
		},
		"held": {
			webhook.Served{Status: 409, Answer: "held", Match: acme("*.r2.cloudflarestorage.com"), Outcome: fulfillment.Outcome{Status: fulfillment.Held}},
			[]string{`Requests=1 Count [] [Outcome="held"]`, matched},
		},
	} {
		_, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { c.served.Report(t.Context(), to) })
		if !slices.Equal(metrics, c.want) {
			t.Errorf("%s: metrics %q, want %q", name, metrics, c.want)
		}
	}
}

func TestEachWebhookHasItsLine(t *testing.T) {
	t.Parallel()
	match := destination.Match{Destination: &destination.Destination{Name: "acme", UploadHosts: []string{r2}}, KeyHint: "1a2b"}
	served := webhook.Served{
		Status: 200, Answer: "accepted", Class: platform.Requested, Match: match, Request: asked(t), Size: 7, Duration: 2 * time.Second, From: "192.0.2.1",
		Topic: strings.Repeat("t", 130), EventID: "evt", Err: errors.New("https://h.example/" + telemetrytest.Secret),
	}
	request := `"request":"` + served.Request.ID() + `"`
	for name, c := range map[string]struct {
		change   func(*webhook.Served)
		has, not []string
	}{
		"a request": {
			func(*webhook.Served) {},
			[]string{
				`"level":"INFO","msg":"webhook","outcome":"accepted","status":200,"bytes_in":7,"took_ms":2000,"source_ip":"192.0.2.1","destination":"acme","secret":"1a2b"`,
				`"topic":"` + strings.Repeat("t", 128) + `","event":"evt","class":"requested",` + request, `"error":"https://h.example/[redacted]"`,
			}, nil,
		},
		"a result":       {func(s *webhook.Served) { s.Class = platform.Rejected }, []string{`"class":"rejected"`}, []string{request}},
		"an unknown one": {func(s *webhook.Served) { s.Match = destination.Match{} }, []string{`"level":"INFO"`}, []string{`"destination"`, `"topic"`}},
		"an error":       {func(s *webhook.Served) { s.Status = 500 }, []string{`"level":"WARN"`}, nil},
		"no error":       {func(s *webhook.Served) { s.Status = 499 }, []string{`"level":"INFO"`}, nil},
	} {
		s := served
		c.change(&s)
		log, _ := telemetrytest.Lines(t, func(to telemetry.Reporter) { s.Report(t.Context(), to) })
		if len(log) != 1 {
			t.Fatalf("%s: %d lines", name, len(log))
		}
		for _, text := range c.has {
			if !strings.Contains(log[0], text) {
				t.Errorf("%s: no %s in %s", name, text, log[0])
			}
		}
		for _, text := range c.not {
			if strings.Contains(log[0], text) {
				t.Errorf("%s: %s in %s", name, text, log[0])
			}
		}
	}
}
