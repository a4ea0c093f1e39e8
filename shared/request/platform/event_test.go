package platform_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"masterhand/events"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/platform"
)

// The bodies of the tests: a request for an exact aspect, and a rejection. The function edited
// makes the other bodies from them.
const (
	requested = `{"projectId":"p1","projectSlug":"acme","creative":{"code":"HRT-1212","variation":2,"locale":"en","kind":"video","aspectRatio":"9x16"},` +
		`"facebook":{"ads":[{"id":"1","name":"HRT-1212-2"}]},"fulfillment":{"uploadUrl":"https://r2.example/k?a=1\u0026X-Amz-Signature=s3cr3tUpload",` +
		`"storageKey":"fb-external/p1/HRT-1212/v2/en/9x16.video","expiresAt":"2026-04-24T01:00:00Z","completeCallbackUrl":"https://api.trigger.dev/s3cr3tCallback/complete"}}`
	result = `{"projectId":"p1","creative":{"code":"HRT-1212","variation":2,"locale":"en","kind":"video","aspectRatio":"9x16"},` +
		`"storageKey":"k","contentHash":"sha256:00","reason":"too_small"}`
	fulfilled = `{"projectId":"p1","creative":{"code":"HRT-1212","variation":2,"locale":"en","kind":"video"},"storageKey":"k"}`
	timedOut  = `{"projectId":"p1","creative":{"code":"HRT-1212","variation":2,"locale":"en","kind":"video"},"storageKey":"k","requestedAt":"2026-04-24T00:00:00Z","expiredAt":"2026-04-24T01:00:00Z"}`
)

// edited returns a body with a new JSON value at a path such as "creative.code". The value ""
// removes the member.
func edited(t *testing.T, body, path, value string) []byte {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal([]byte(body), &root); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(path, ".")
	object := root
	for _, step := range steps[:len(steps)-1] {
		object = object[step].(map[string]any)
	}
	delete(object, steps[len(steps)-1])
	if value != "" {
		object[steps[len(steps)-1]] = json.RawMessage(value)
	}
	changed, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// parsed returns the request in a body. It ends the test if there is no request.
func parsed(t *testing.T, body []byte) platform.Request {
	t.Helper()
	event, err := platform.Parse(platform.TopicRequested, body)
	if err != nil || event.Class != platform.Requested {
		t.Fatalf("Parse: %v, %v", event.Class, err)
	}
	return event.Request
}

func TestParseReadsWhatARealSenderSends(t *testing.T) {
	t.Parallel()
	captures, err := events.Captures()
	if err != nil || len(captures) < 12 {
		t.Fatalf("%d captures, %v", len(captures), err)
	}
	for _, c := range captures {
		topic := c.Header("X-Outpost-Topic") + c.Header("Webhook-Topic")
		event, err := platform.Parse(topic, c.Body)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		slot := event.Result.Slot
		if event.Class == platform.Requested {
			slot = event.Request.Slot
			if event.Request.UploadURL.IsZero() || event.Request.CompleteURL.Host() != "api.trigger.dev" || event.Request.ProjectSlug != "hearty" ||
				!event.Request.ExpiresAt.Equal(time.Date(2026, 4, 24, 1, 0, 0, 0, time.UTC)) || event.Request.StorageKey == "" {
				t.Errorf("%s: %+v", c.Name, event.Request)
			}
		}
		family := strings.Contains(c.Name, "afs")
		if (slot.String() != "HRT-1212-2 en video 9x16") != family || (slot.String() == "HRT-1212-2 en video feed (1x1, 3x4, 4x5)") != family {
			t.Errorf("%s: %s is asked for %s", c.Name, event.Class, slot)
		}
	}
}

func TestClassification(t *testing.T) {
	t.Parallel()
	shapes := map[string]string{"request": requested, "result": result, "fulfilment": fulfilled, "time-out": timedOut, "neither": `{"projectId":"p1"}`, "other": `{"creative":"x","fulfillment":7}`}
	const malformed = platform.Class(-1)
	for topic, want := range map[string]map[string]platform.Class{
		"":                       {"request": platform.Requested, "result": platform.Ignored, "fulfilment": platform.Ignored, "time-out": platform.Ignored, "neither": platform.Ignored, "other": malformed},
		"*":                      {"request": platform.Requested, "result": platform.Ignored, "fulfilment": platform.Ignored, "time-out": platform.Ignored, "neither": platform.Ignored, "other": malformed},
		platform.TopicRequested:  {"request": platform.Requested, "result": malformed, "fulfilment": malformed, "time-out": malformed, "neither": malformed, "other": malformed},
		platform.TopicFulfilled:  {"request": platform.Ignored, "result": platform.Ignored, "fulfilment": platform.Fulfilled, "time-out": platform.Ignored, "neither": malformed, "other": malformed},
		platform.TopicRejected:   {"request": platform.Ignored, "result": platform.Rejected, "fulfilment": platform.Ignored, "time-out": platform.Ignored, "neither": malformed, "other": malformed},
		platform.TopicTimeout:    {"request": platform.Ignored, "result": platform.Ignored, "fulfilment": platform.Ignored, "time-out": platform.TimedOut, "neither": malformed, "other": malformed},
		"video.source_other":     {"request": platform.Ignored, "result": platform.Ignored, "fulfilment": platform.Ignored, "time-out": platform.Ignored, "neither": platform.Ignored, "other": platform.Ignored},
		"VIDEO.SOURCE_REQUESTED": {"request": platform.Ignored, "result": platform.Ignored, "fulfilment": platform.Ignored, "time-out": platform.Ignored, "neither": platform.Ignored, "other": platform.Ignored},
	} {
		for shape, body := range shapes {
			event, err := platform.Parse(topic, []byte(body))
			if want[shape] == malformed {
				if !errors.Is(err, platform.ErrMalformed) {
					t.Errorf("%s with topic %q: %v, %v; want ErrMalformed", shape, topic, event.Class, err)
				}
				continue
			}
			if err != nil || event.Class != want[shape] {
				t.Errorf("%s with topic %q: %v, %v; want %v", shape, topic, event.Class, err, want[shape])
			}
		}
	}
}

func TestClassesHaveNames(t *testing.T) {
	t.Parallel()
	var got []string
	for c := platform.Ignored; c <= platform.TimedOut; c++ {
		got = append(got, c.String())
	}
	if strings.Join(got, " ") != "ignored requested fulfilled rejected timeout" {
		t.Errorf("got %q", got)
	}
}

func TestWhatIsNoRequestAtAllIsMalformed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                 "body: no JSON at byte 0",
		"s3cr3t":                           "body: no JSON at byte 1",
		`{"creative":"s3cr3t`:              "body: no JSON at byte 19",
		`{"creative":{}} {}`:               "body: no JSON at byte 17",
		"\xff":                             "body: no JSON at byte 1",
		`["s3cr3t"]`:                       "body: expected an object",
		`"s3cr3t"`:                         "body: expected an object",
		`null`:                             "creative: missing",
		`{"creative":{}}`:                  "fulfillment: missing",
		strings.Repeat(" ", 1<<20) + "{}":  "body: over 1 MiB",
		strings.Repeat("[", 20_000) + "{}": "body: no JSON at byte 10001",
	} {
		_, err := platform.Parse(platform.TopicRequested, []byte(body))
		if !errors.Is(err, platform.ErrMalformed) || err.Error() != "malformed event: "+want {
			t.Errorf("%.40q: %v, want %s", body, err, want)
		}
	}
}

func TestAFamilyIsReadWithWhatItAccepts(t *testing.T) {
	t.Parallel()
	for family, want := range map[string]string{
		`{"code":"A","variation":0,"locale":"pt_BR","kind":"image","placementFamily":"feed","acceptedAspects":["4:5","1x1"]}`: "A-0 pt-br image feed (4x5, 1x1)",
		`{"code":"A","variation":0,"locale":"en","kind":"video","placementFamily":"story_reel"}`:                              "A-0 en video story_reel (9x16)",
		`{"code":"A","variation":0,"locale":"en","kind":"video","placementFamily":"new","acceptedAspects":["16x9"]}`:          "A-0 en video new (16x9)",
		`{"code":"A","variation":0,"locale":"en","kind":"video","acceptedAspects":["16x9"]}`:                                  "A-0 en video  (16x9)",
		`{"code":"A","variation":0,"locale":"en","kind":"video","aspectRatio":"1x1","placementFamily":"feed"}`:                "A-0 en video 1x1",
	} {
		if got := parsed(t, edited(t, requested, "creative", family)).Slot; got.String() != want {
			t.Errorf("%s is read as %s, want %s", family, got, want)
		}
	}
	if got := parsed(t, []byte(requested)).Slot; got.Aspect != "9x16" || got.Kind != creative.Video || got.Project != "p1" {
		t.Errorf("the exact request is read as %+v", got)
	}
}
