package platform_test

import (
	"testing"

	"masterhand/shared/request/platform"
)

func TestAResultIsReadLeniently(t *testing.T) {
	t.Parallel()
	type told struct{ storageKey, contentHash, reason string }
	for _, c := range []struct {
		name string
		body []byte
		want told
	}{
		{"as guessed", []byte(result), told{"k", "sha256:00", "too_small"}},
		{"nothing told", edited(t, requested, "fulfillment", ``), told{}},
		{"no fulfillment", edited(t, result, "fulfillment", `null`), told{"k", "sha256:00", "too_small"}},
		{"fulfillment of another type", edited(t, result, "fulfillment", `["x"]`), told{"k", "sha256:00", "too_small"}},
		{"inside fulfillment", edited(t, `{"creative":{"code":"A","variation":0,"locale":"en","kind":"image"}}`, "fulfillment",
			`{"storageKey":"k2","contentHash":"sha256:11","reason":"r2","more":[1]}`), told{"k2", "sha256:11", "r2"}},
		{"inside and outside", edited(t, result, "fulfillment", `{"storageKey":"k2","reason":7}`), told{"k", "sha256:00", "too_small"}},
		{"reason of another type", edited(t, result, "reason", `{"code":"too_small"}`), told{"k", "sha256:00", ""}},
		{"hash of another type", edited(t, result, "contentHash", `17`), told{"k", "", "too_small"}},
		{"key of another type", edited(t, result, "storageKey", `["k"]`), told{"", "sha256:00", "too_small"}},
		{"nulls", edited(t, result, "reason", `null`), told{"k", "sha256:00", ""}},
		{"fields nobody knows", edited(t, result, "channel", `{"a":[null]}`), told{"k", "sha256:00", "too_small"}},
	} {
		event, err := platform.Parse(platform.TopicRejected, c.body)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		r := event.Result
		if got := (told{r.StorageKey, r.ContentHash, r.Reason}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if event.Class != platform.Rejected || string(r.Raw) != string(c.body) {
			t.Errorf("%s: %v, and the raw body is %s", c.name, event.Class, r.Raw)
		}
	}
}

func TestARequestIsNoResultWhateverItsTopic(t *testing.T) {
	t.Parallel()
	for _, fulfillment := range []string{`{"uploadUrl":"https://h/"}`, `{"completeCallbackUrl":null}`, `{"uploadUrl":7,"storageKey":[]}`} {
		event, err := platform.Parse(platform.TopicFulfilled, edited(t, requested, "fulfillment", fulfillment))
		if err != nil || event.Class != platform.Ignored {
			t.Errorf("fulfillment %s: %v, %v", fulfillment, event.Class, err)
		}
	}
}

func TestAResultWithoutCoordinatesIsMalformed(t *testing.T) {
	t.Parallel()
	for path, value := range map[string]string{
		"creative": ``, "creative.variation": `"2"`, "creative.locale": `"?"`, "creative.kind": `"audio"`, "creative.aspectRatio": `"tall"`, "projectId": `7`,
	} {
		_, err := platform.Parse(platform.TopicTimeout, edited(t, result, path, value))
		if field(t, err) == "" {
			t.Errorf("%s = %s: no error", path, value)
		}
	}
}
