package adplatform_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/r2"
	"masterhand/infra/local/sim/s3test"
	"masterhand/infra/local/sim/waitpoints"
	"masterhand/shared/kit/capability"
	"masterhand/shared/request/platform"
)

var (
	exact = adplatform.Slot{Code: "HRT-1212", Variation: 2, Locale: "en", Kind: "video", Aspect: "9x16"}
	feed  = adplatform.Slot{Code: "HRT-1212", Variation: 2, Locale: "en", Kind: "video", Family: "feed", Accepted: []string{"1x1", "3x4", "4x5"}}
)

// TestPlatform runs the tests of this file as subtests. All of them use one simulated platform,
// which stores objects in the S3 server versitygw.
func TestPlatform(t *testing.T) {
	t.Parallel()
	p, err := adplatform.Open(t.Context(), adplatform.Config{Storage: s3test.Start(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	for name, test := range map[string]func(*testing.T, *adplatform.Platform){
		"outcomes":                 outcomes,
		"request":                  request,
		"expiry":                   expiry,
		"conclude ends":            concludeEnds,
		"fill":                     fill,
		"fulfilled tells the hash": fulfilledTellsTheHash,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

// parse parses an event in the same way as masterhand does when it receives one.
func parse(t *testing.T, event gateway.Event) platform.Event {
	t.Helper()
	body, err := gateway.Compact(event.Body)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := platform.Parse(event.Topic, body)
	if err != nil {
		t.Fatalf("%v in %s", err, event.Topic)
	}
	return parsed
}

func send(t *testing.T, method string, to capability.URL, contentType string, body []byte) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, to.Reveal(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

var video = []byte("the master's bytes")

// delivery returns the body of a correct callback. It states that the test has uploaded the bytes
// in video for the request.
func delivery(request platform.Request, aspect string) string {
	if aspect != "" {
		aspect = `"aspectRatio":"` + aspect + `",`
	}
	return fmt.Sprintf(`{"storageKey":%q,%s"extension":"mp4","contentHash":"sha256:%x"}`, request.StorageKey, aspect, sha256.Sum256(video))
}

func outcomes(t *testing.T, p *adplatform.Platform) {
	const garbled = `{"storageKey":`
	tests := []struct {
		name     string
		slot     adplatform.Slot
		upload   string // content type of the upload; "" means that the test uploads nothing
		callback func(platform.Request) string
		state    adplatform.State
		problems []string
		topic    string
	}{
		{"delivered", exact, "video/mp4", func(r platform.Request) string { return delivery(r, "") },
			adplatform.Delivered, nil, "video.source_fulfilled"},
		{"delivered to a family", feed, "video/mp4", func(r platform.Request) string { return delivery(r, "4x5") },
			adplatform.Delivered, nil, "video.source_fulfilled"},
		{"skipped", exact, "", func(platform.Request) string { return `{"skip":true,"reason":"no_match: x"}` },
			adplatform.Skipped, nil, "video.source_rejected"},
		{"nothing uploaded", exact, "", func(r platform.Request) string { return delivery(r, "") },
			adplatform.Rejected, []string{adplatform.ReasonMissing}, "video.source_rejected"},
		{"another content type", exact, "application/octet-stream", func(r platform.Request) string { return delivery(r, "") },
			adplatform.Rejected, []string{adplatform.ReasonType}, "video.source_rejected"},
		{"another hash", exact, "video/mp4", func(r platform.Request) string { return strings.Replace(delivery(r, ""), "sha256:", "sha256:0", 1) },
			adplatform.Rejected, []string{adplatform.ReasonHash}, "video.source_rejected"},
		{"aspect where none is asked", exact, "video/mp4", func(r platform.Request) string { return delivery(r, "9x16") },
			adplatform.Rejected, []string{adplatform.ReasonAspect}, "video.source_rejected"},
		{"aspect that the family does not accept", feed, "video/mp4", func(r platform.Request) string { return delivery(r, "16x9") },
			adplatform.Rejected, []string{adplatform.ReasonAspect}, "video.source_rejected"},
		{"aspect missing for a family", feed, "video/mp4", func(r platform.Request) string { return delivery(r, "") },
			adplatform.Rejected, []string{adplatform.ReasonAspect}, "video.source_rejected"},
		{"no JSON", exact, "video/mp4", func(platform.Request) string { return garbled },
			adplatform.Rejected, []string{adplatform.ReasonStorageKey, adplatform.ReasonExtension, adplatform.ReasonHash}, "video.source_rejected"},
		{"JSON of another kind", exact, "video/mp4", func(platform.Request) string { return `[]` },
			adplatform.Rejected, []string{adplatform.ReasonGarbled}, "video.source_rejected"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request, err := p.NewRequest(test.slot, adplatform.Options{StorageKey: "key of " + test.name})
			if err != nil {
				t.Fatal(err)
			}
			if outcome, err := p.Check(t.Context(), request); err != nil || outcome.State != adplatform.Waiting || request.Result(outcome).Topic != "" {
				t.Errorf("at first: %+v, %v", outcome, err)
			}
			asked := parse(t, request.Event()).Request
			if test.upload != "" {
				if status := send(t, http.MethodPut, asked.UploadURL, test.upload, video); status != 200 {
					t.Fatalf("upload answered %d", status)
				}
			}
			if status := send(t, http.MethodPost, asked.CompleteURL, "application/json", []byte(test.callback(asked))); status != 200 {
				t.Fatalf("callback answered %d", status)
			}
			outcome, err := p.Conclude(t.Context(), request)
			if err != nil || outcome.State != test.state || !slices.Equal(outcome.Problems, test.problems) {
				t.Errorf("%+v, %v; want %s %v", outcome, err, test.state, test.problems)
			}
			event := request.Result(outcome)
			result := parse(t, event).Result
			if event.Topic != test.topic || result.StorageKey != request.StorageKey || result.Slot.Creative != asked.Slot.Creative {
				t.Errorf("%s: %+v", event.Topic, result)
			}
			if (result.ContentHash != "") != (test.state == adplatform.Delivered) || (result.Reason != "") == (test.state == adplatform.Delivered) {
				t.Errorf("%s: %+v", event.Topic, result)
			}
			bare := request.ResultWithout(outcome, adplatform.Omitted{StorageKey: true, Aspect: true, Family: true, Hash: true})
			least := parse(t, bare).Result
			if least.StorageKey+least.ContentHash+string(least.Slot.Aspect)+string(least.Family) != "" || least.Slot.Key() != result.Slot.Key() || least.Reason != result.Reason {
				t.Errorf("with all omitted: %+v", least)
			}
			if result.Family != asked.Slot.Family || asked.Slot.Family != "" && string(result.Slot.Aspect) != outcome.Completion.AspectRatio {
				t.Errorf("family %q, aspect %q", result.Family, result.Slot.Aspect)
			}
			if test.state == adplatform.Skipped && result.Reason != platform.ReasonNotAvailable {
				t.Errorf("reason %q", result.Reason)
			}
		})
	}
}

func request(t *testing.T, p *adplatform.Platform) {
	begun := time.Now().Truncate(time.Second)
	request, err := p.NewRequest(feed, adplatform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	asked := parse(t, request.Event()).Request
	if asked.StorageKey != "fb-external/019d928c-02e1-7000-8000-000000000000/HRT-1212/v2/en/feed.video" {
		t.Error(asked.StorageKey)
	}
	if asked.Slot.String() != "HRT-1212-2 en video feed (1x1, 3x4, 4x5)" {
		t.Error(asked.Slot)
	}
	if left := asked.ExpiresAt.Sub(begun); left < adplatform.Lifetime || left > adplatform.Lifetime+time.Minute {
		t.Errorf("expires in %v", left)
	}
	if first, second := request.Event(), request.Event(); first.ID != second.ID || !bytes.Equal(first.Body, second.Body) {
		t.Error("sent twice it is another event")
	}
	if found, err := p.Request(request.Token); err != nil || found.StorageKey != request.StorageKey {
		t.Errorf("by its token: %+v, %v", found, err)
	}
	if _, err := p.Request("waitpoint_other"); !errors.Is(err, waitpoints.ErrUnknown) {
		t.Errorf("by another token: %v", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", request, request, request); strings.Contains(shown, "X-Amz") || strings.Contains(shown, "tokens/") {
		t.Error(shown)
	}
}

func expiry(t *testing.T, p *adplatform.Platform) {
	request, err := p.NewRequest(exact, adplatform.Options{ExpiresAt: time.Now().Add(-2 * time.Second), StorageKey: "expired"})
	if err != nil {
		t.Fatal(err)
	}
	asked := parse(t, request.Event()).Request
	if status := send(t, http.MethodPut, asked.UploadURL, "video/mp4", video); status != 400 {
		t.Errorf("upload answered %d", status)
	}
	if status := send(t, http.MethodPost, asked.CompleteURL, "application/json", []byte(delivery(asked, ""))); status != 200 {
		t.Errorf("callback answered %d", status)
	}
	outcome, err := p.Conclude(t.Context(), request)
	if event := request.Result(outcome); err != nil || outcome.State != adplatform.TimedOut || parse(t, event).Class != platform.TimedOut {
		t.Errorf("%+v, %v", outcome, err)
	}
	if w := p.Storage.Writes(request.StorageKey); w.Puts != 1 || w.Landed != 0 {
		t.Errorf("%+v", w)
	}
}

func concludeEnds(t *testing.T, p *adplatform.Platform) {
	request, err := p.NewRequest(exact, adplatform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if outcome, err := p.Conclude(ctx, request); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", outcome, err)
	}
	if _, err := p.Conclude(t.Context(), adplatform.Request{Token: "waitpoint_other", ExpiresAt: time.Now().Add(time.Minute)}); !errors.Is(err, waitpoints.ErrUnknown) {
		t.Errorf("unknown request: %v", err)
	}
}

func fill(t *testing.T, p *adplatform.Platform) {
	for _, name := range events.Names() {
		sample, err := events.Sample(name)
		if err != nil {
			t.Fatal(err)
		}
		request, err := p.Fill(sample, adplatform.Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		event := request.Event()
		if event.Topic != sample.Topic || !json.Valid(event.Body) || bytes.Contains(event.Body, []byte("{{")) {
			t.Errorf("%s: %s", name, event.Topic)
		}
		if !strings.HasPrefix(request.StorageKey, "fb-external/019d928c-02e1-7000-8000-000000000000/HRT-1212/v") {
			t.Errorf("%s: %s", name, request.StorageKey)
		}
	}
	unknown := events.Event{Topic: "t", Data: []byte(`{"a":"{{other}}"}`)}
	if _, err := p.Fill(unknown, adplatform.Options{}); !errors.Is(err, events.ErrUnfilled) {
		t.Errorf("unknown placeholder: %v", err)
	}
	trapped, err := p.NewRequest(exact, adplatform.Options{URL: r2.URLOptions{Checksum: true}})
	if err != nil || trapped.UploadURL.Query().Get("x-amz-checksum-crc32") == "" {
		t.Errorf("without the checksum trap: %v", err)
	}
}

// fulfilledTellsTheHash checks that the sample of the event video.source_fulfilled contains the
// hash of the delivered object, if the platform has accepted a delivery under the same storage key
// before.
func fulfilledTellsTheHash(t *testing.T, p *adplatform.Platform) {
	request, err := p.NewRequest(exact, adplatform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	asked := parse(t, request.Event()).Request
	send(t, http.MethodPut, asked.UploadURL, "video/mp4", video)
	send(t, http.MethodPost, asked.CompleteURL, "application/json", []byte(delivery(asked, "")))
	if outcome, err := p.Conclude(t.Context(), request); err != nil || outcome.State != adplatform.Delivered {
		t.Fatalf("%+v, %v", outcome, err)
	}
	sample, err := events.Sample("fulfilled")
	if err != nil {
		t.Fatal(err)
	}
	fulfilled, err := p.Fill(sample, adplatform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := parse(t, fulfilled.Event()).Result.ContentHash, fmt.Sprintf("sha256:%x", sha256.Sum256(video)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
