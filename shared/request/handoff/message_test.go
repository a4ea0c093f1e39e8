package handoff_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/handoff"
	"masterhand/shared/request/platform"
)

func job(t testing.TB) fulfillment.Job {
	t.Helper()
	upload, err := capability.Parse("https://a.r2.cloudflarestorage.com/b/k?X-Amz-Signature=SECRET%2F&x=ä")
	if err != nil {
		t.Fatal(err)
	}
	callback, err := capability.Parse("https://api.trigger.dev/api/v1/waitpoints/tokens/w/complete")
	if err != nil {
		t.Fatal(err)
	}
	return fulfillment.Job{
		Request: platform.Request{
			Slot: creative.Slot{
				Project: "p", Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Kind: creative.Video,
				Family: creative.Feed, Accepted: []creative.Aspect{"1x1", "4x5"},
			},
			UploadURL: upload, CompleteURL: callback, StorageKey: "fb-external/ä/<k>",
			ExpiresAt: time.Date(2026, 4, 24, 1, 0, 0, 0, time.FixedZone("", 7200)),
		},
		Destination: "acme", Library: masters.Library{Name: "default"}, EventID: "evt",
		Others: []masters.Library{{Name: "films"}, {Name: "stills"}},
	}
}

func TestMessagesRoundTrip(t *testing.T) {
	t.Parallel()
	want := job(t)
	body, err := handoff.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := handoff.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Others) != fmt.Sprint(want.Others) {
		t.Errorf("others %+v, want %+v", got.Others, want.Others)
	}
	if got.Request.UploadURL.Reveal() != want.Request.UploadURL.Reveal() || got.Request.ID() != want.Request.ID() ||
		got.Request.Fingerprint() != want.Request.Fingerprint() || !got.FromQueue || got.Library.Name != "default" ||
		got.Destination != "acme" || got.EventID != "evt" || !reflect.DeepEqual(got.Request.Slot, want.Request.Slot) ||
		got.Request.StorageKey != want.Request.StorageKey || !got.Request.ExpiresAt.Equal(want.Request.ExpiresAt) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A message of older code does not state the other libraries. That is different from a message
// which states that there are no other libraries.
func TestAMessageStatesThatThereAreNoOtherLibraries(t *testing.T) {
	t.Parallel()
	alone := job(t)
	alone.Others = nil
	body, err := handoff.Encode(alone)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := handoff.Decode(body); err != nil || got.Others == nil || len(got.Others) != 0 {
		t.Errorf("%+v, %v; want an empty list", got.Others, err)
	}
	older := strings.Replace(string(body), `"others":[],`, "", 1)
	if got, err := handoff.Decode([]byte(older)); err != nil || got.Others != nil || older == string(body) {
		t.Errorf("of older code: %+v, %v; want nil", got.Others, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	body, err := handoff.Encode(job(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "{", "another format": strings.Replace(string(body), `"format":1`, `"format":2`, 1),
		"another slot":    strings.Replace(string(body), `"variation":2`, `"variation":20`, 1),
		"no upload URL":   strings.Replace(string(body), `"uploadUrl":"https://`, `"uploadUrl":"`, 1),
		"no callback URL": strings.Replace(string(body), `"completeUrl":"https://`, `"completeUrl":"`, 1),
		"too long":        strings.Repeat(" ", 1<<20+1),
	} {
		_, err := handoff.Decode([]byte(text))
		if !errors.Is(err, handoff.ErrMessage) {
			t.Errorf("%s: %v, want ErrMessage", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: the error shows the URL: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	body, _ := handoff.Encode(job(f))
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		if j, err := handoff.Decode(body); err == nil && (j.Request.UploadURL.IsZero() || j.Request.CompleteURL.IsZero()) {
			t.Errorf("decoded without URLs: %+v", j)
		}
	})
}

func TestDelaysOfARequestThatHasNotEnded(t *testing.T) {
	t.Parallel()
	slow, index := fulfillment.Outcome{Code: "callback"}, fulfillment.Outcome{Code: fulfillment.CodeIndex}
	for _, c := range []struct {
		n       int
		outcome fulfillment.Outcome
		left    time.Duration
		jitter  float64
		want    time.Duration
	}{
		{1, slow, time.Hour, 1, 5 * time.Second},
		{1, slow, time.Hour, 0, 2500 * time.Millisecond},
		{3, slow, time.Hour, 1, 20 * time.Second},
		{900, slow, time.Hour, 1, time.Minute},
		{900, index, time.Hour, 1, 10 * time.Second},
		{900, fulfillment.Outcome{Code: fulfillment.CodeOtherLibrary}, time.Hour, 1, 10 * time.Second},
		{900, slow, 10 * time.Second, 1, 11 * time.Second},
		{1, slow, -time.Hour, 1, time.Second},
		{0, slow, time.Hour, 1, 5 * time.Second},
	} {
		if got := handoff.RetryDelay(c.n, c.outcome, c.left, c.jitter); got != c.want {
			t.Errorf("RetryDelay(%d, %s, %s, %v) = %s, want %s", c.n, c.outcome.Code, c.left, c.jitter, got, c.want)
		}
	}
}
