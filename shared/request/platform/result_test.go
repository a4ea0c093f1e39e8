package platform_test

import (
	"strings"
	"testing"
	"time"

	"masterhand/shared/library/creative"
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
		{"only a reason told", edited(t, requested, "fulfillment", `{"reason":"r"}`), told{"", "", "r"}},
		{"no fulfillment", edited(t, result, "fulfillment", `null`), told{"k", "sha256:00", "too_small"}},
		{"fulfillment of another type", edited(t, result, "fulfillment", `["x"]`), told{"k", "sha256:00", "too_small"}},
		{"inside fulfillment", edited(t, `{"creative":{"code":"A","variation":0,"locale":"en","kind":"image"}}`, "fulfillment",
			`{"storageKey":"k2","contentHash":"sha256:11","reason":"r2","more":[1]}`), told{"k2", "sha256:11", "r2"}},
		{"inside and outside", edited(t, result, "fulfillment", `{"storageKey":"k2","reason":7}`), told{"k", "sha256:00", "too_small"}},
		{"reason of another type", edited(t, result, "reason", `{"code":"too_small"}`), told{"k", "sha256:00", ""}},
		{"hash of another type", edited(t, result, "contentHash", `17`), told{"k", "", "too_small"}},
		{"key of another type", edited(t, result, "storageKey", `["k"]`), told{"", "sha256:00", "too_small"}},
		{"nulls", edited(t, result, "contentHash", `null`), told{"k", "", "too_small"}},
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

func TestAResultTellsFamilyAndTimes(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 4, 24, hour, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		body                 []byte
		family, reasonFamily creative.Family
		requested, expired   time.Time
		notAvailable         bool
	}{
		{body: []byte(timedOut), requested: at(0), expired: at(1)},
		{body: edited(t, timedOut, "expiredAt", `"soon"`), requested: at(0)},
		{body: edited(t, timedOut, "requestedAt", `7`), expired: at(1)},
		{body: edited(t, editedText(t, timedOut, "expiredAt", ``), "fulfillment", `{"expiresAt":"2026-04-24T03:00:00+01:00"}`), requested: at(0), expired: at(2)},
		{body: edited(t, result, "creative.placementFamily", `"feed"`), family: "feed"},
		{body: edited(t, result, "reason", `"aspect_for_a_for_story_reel"`), reasonFamily: "story_reel"},
		{body: edited(t, result, "reason", `"file_not_available"`), notAvailable: true},
		{body: edited(t, result, "reason", `"file_not_available_for_feed"`), reasonFamily: "feed", notAvailable: true},
	} {
		topic := platform.TopicRejected
		if strings.Contains(string(c.body), "requestedAt") {
			topic = platform.TopicTimeout
		}
		event, err := platform.Parse(topic, c.body)
		r := event.Result
		if err != nil || r.Family != c.family || r.ReasonFamily() != c.reasonFamily || !r.RequestedAt.Equal(c.requested) ||
			!r.ExpiredAt.Equal(c.expired) || r.NotAvailable() != c.notAvailable {
			t.Errorf("%s is read as %+v, %v", c.body, r, err)
		}
	}
}

// The topic of a result is not signed, so the fields of the body must confirm it. For example, a
// rejection must have a reason. No body confirms two topics.
func TestABodyConfirmsAtMostOneTopic(t *testing.T) {
	t.Parallel()
	bare := editedText(t, fulfilled, "storageKey", ``)
	for members, want := range map[string]platform.Class{
		``:                                    platform.Ignored,
		`"storageKey":"k"`:                    platform.Fulfilled,
		`"storageKey":null`:                   platform.Ignored,
		`"storageKey":""`:                     platform.Ignored,
		`"contentHash":"sha256:00"`:           platform.Fulfilled,
		`"deliveryChannel":"webhook"`:         platform.Fulfilled,
		`"requestedAt":"x"`:                   platform.TimedOut,
		`"expiredAt":"x"`:                     platform.TimedOut,
		`"expiresAt":"x"`:                     platform.TimedOut,
		`"storageKey":"k","requestedAt":"x"`:  platform.TimedOut,
		`"contentHash":"h","expiredAt":"x"`:   platform.Fulfilled,
		`"deliveryChannel":1,"expiresAt":"x"`: platform.Fulfilled,
		`"reason":"r"`:                        platform.Rejected,
		`"reason":{"code":"r"}`:               platform.Rejected,
		`"reason":"r","contentHash":"h"`:      platform.Rejected,
		`"reason":"r","expiredAt":"x"`:        platform.Rejected,
		`"reason":"r","storageKey":"k"`:       platform.Rejected,
	} {
		for _, body := range [][]byte{
			[]byte(strings.TrimSuffix(bare, "}") + strings.TrimSuffix(","+members, ",") + "}"), edited(t, bare, "fulfillment", "{"+members+"}"),
		} {
			for topic, class := range map[string]platform.Class{
				platform.TopicFulfilled: platform.Fulfilled, platform.TopicRejected: platform.Rejected, platform.TopicTimeout: platform.TimedOut,
			} {
				if class != want {
					class = platform.Ignored
				}
				if event, err := platform.Parse(topic, body); err != nil || event.Class != class {
					t.Errorf("%s as %s: %v, %v; want %v", body, topic, event.Class, err, class)
				}
			}
		}
	}
}

// editedText does the same as the function edited, but takes and returns a string, for further
// edits.
func editedText(t *testing.T, body, path, value string) string {
	t.Helper()
	return string(edited(t, body, path, value))
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
