package platform_test

import (
	"testing"
	"time"

	"masterhand/shared/library/creative"
	"masterhand/shared/request/platform"
)

// A fingerprint marks where each part of a request ends: if characters move from one part to the
// next, the fingerprint changes.
func TestAFingerprintTellsWhereEachPartEnds(t *testing.T) {
	t.Parallel()
	request := func(storageKey, code string, variation int, locale creative.Locale) string {
		return platform.Request{
			StorageKey: storageKey, ExpiresAt: time.Unix(0, 0),
			Slot: creative.Slot{Creative: creative.Creative{Code: code, Variation: variation}, Locale: locale, Kind: creative.Video, Aspect: "9x16"},
		}.Fingerprint()
	}
	seen := map[string]bool{}
	for _, print := range []string{
		request("k", "HRT-1", 21, "en"), request("kH", "RT-1", 21, "en"), request("k", "HRT-12", 1, "en"),
	} {
		if seen[print] {
			t.Error("two requests have one fingerprint")
		}
		seen[print] = true
	}
	accepted := func(aspects ...creative.Aspect) string {
		return platform.Request{Slot: creative.Slot{Family: creative.Feed, Accepted: aspects}}.Fingerprint()
	}
	if accepted("1x1", "4x5") == accepted("1x14x5") {
		t.Error("two lists of aspects have one fingerprint")
	}
}
