package platform_test

import (
	"errors"
	"strings"
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/request/platform"
)

// Each limit accepts the largest allowed value and refuses the next larger one. The test repeats
// the limits as numbers, so that a changed limit fails it.
func TestLimitsOfARequest(t *testing.T) {
	t.Parallel()
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	aspects := func(n int) string { return `["1x1"` + strings.Repeat(`,"1x1"`, n-1) + `]` }
	family := edited(t, requested, "creative.aspectRatio", "")
	withFamily := edited(t, string(family), "creative.placementFamily", `"feed"`)
	withAspects := edited(t, string(family), "creative.acceptedAspects", `["1x1"]`)
	for name, body := range map[string]struct{ last, next []byte }{
		"storage key": {edited(t, requested, "fulfillment.storageKey", text(2048)), edited(t, requested, "fulfillment.storageKey", text(2049))},
		"project":     {edited(t, requested, "projectId", text(256)), edited(t, requested, "projectId", text(257))},
		"family":      {edited(t, string(withAspects), "creative.placementFamily", text(64)), edited(t, string(withAspects), "creative.placementFamily", text(65))},
		"aspects":     {edited(t, string(withFamily), "creative.acceptedAspects", aspects(32)), edited(t, string(withFamily), "creative.acceptedAspects", aspects(33))},
		"last year":   {edited(t, requested, "fulfillment.expiresAt", `"9999-12-31T23:59:59Z"`), edited(t, requested, "fulfillment.expiresAt", `"9999-12-31T23:59:59-01:00"`)},
		"first year":  {edited(t, requested, "fulfillment.expiresAt", `"0001-01-01T00:00:00Z"`), edited(t, requested, "fulfillment.expiresAt", `"0001-01-01T00:00:00+01:00"`)},
		"body":        {[]byte(requested + strings.Repeat(" ", 1<<20-len(requested))), []byte(requested + strings.Repeat(" ", 1<<20+1-len(requested)))},
	} {
		if event, err := platform.Parse("", body.last); err != nil || event.Class != platform.Requested {
			t.Errorf("%s: the largest is refused: %v", name, err)
		}
		if _, err := platform.Parse("", body.next); !errors.Is(err, platform.ErrMalformed) {
			t.Errorf("%s: one more is accepted: %v", name, err)
		}
	}
}

// A body with a field for an upload URL or a callback URL is never a result, whatever its topic and
// the field's value.
func TestAResultAsksNothing(t *testing.T) {
	t.Parallel()
	for _, member := range []string{"fulfillment.uploadUrl", "fulfillment.completeCallbackUrl"} {
		body := edited(t, `{"fulfillment":{},`+result[1:], member, `7`)
		if event, err := platform.Parse(platform.TopicRejected, body); err != nil || event.Class != platform.Ignored {
			t.Errorf("with %s: %v, %v", member, event.Class, err)
		}
	}
	for _, body := range []string{`{"creative":{}}`, `{"fulfillment":{}}`} {
		if event, err := platform.Parse("", []byte(body)); err != nil || event.Class != platform.Ignored {
			t.Errorf("%s: %v, %v", body, event.Class, err)
		}
	}
}

// Equal elements of a JSON list do not count as repeated members. The error is that "creative" must
// be an object.
func TestAListIsNoObjectWithRepeatedMembers(t *testing.T) {
	t.Parallel()
	_, err := platform.Parse("", edited(t, requested, "creative", `["code",1,"code",1]`))
	if got := field(t, err); got != "creative" {
		t.Errorf("names the field %q: %v", got, err)
	}
}

func TestAReasonNamesItsFamilyAtItsEnd(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]creative.Family{
		"aspect_ratio_not_accepted_for_feed": "feed", "_for_feed": "feed", "asked_for_it_for_story_reel": "story_reel", "unreadable": "", "for_feed": "",
	} {
		if got := (platform.Result{Reason: reason}).ReasonFamily(); got != want {
			t.Errorf("%s: %q, want %q", reason, got, want)
		}
	}
}
