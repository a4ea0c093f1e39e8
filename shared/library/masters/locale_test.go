package masters_test

import (
	"encoding/json"
	"testing"

	"masterhand/events"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// A request with a locale that is not a language tag is never skipped, because nobody can say
// which language the locale means.
func TestAMalformedLocaleNeverCausesASkip(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("16-locale-name.json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Creative struct{ Locale string }
		Want     string
	}
	if err := json.Unmarshal(data, &c); err != nil || c.Want == "" {
		t.Fatalf("%v: %s", err, data)
	}
	for text, verdict := range map[string]masters.Verdict{
		c.Creative.Locale: masters.Unclear, "german": masters.Unclear, "Chinese-Trad": masters.Unclear, "x-default": masters.Unclear,
		"de": masters.Absent, "fil": masters.Absent, "zh-Hant": masters.Absent, "en-GB": masters.Deliver,
	} {
		locale, err := creative.ParseLocale(text)
		if err != nil {
			if text != "x-default" { // "x-default" is malformed, so its request is never skipped
				t.Error(err)
			}
			continue
		}
		slot := wanted
		slot.Locale = locale
		for _, lib := range []masters.Library{{}, {UnlabelledLocale: "en"}} {
			unlabelled := master("b.mp4", func(m *masters.Master) { m.Locale = "" })
			if got := masters.Choose(document(master("a.mp4", nil), unlabelled), slot, lib); got.Verdict != verdict {
				t.Errorf("%s: %v %s, want %v", text, got.Verdict, got.Reason, verdict)
			}
		}
	}
	slot := wanted
	slot.Locale = "english"
	if got := masters.Choose(document(master("a.mp4", nil)), slot, masters.Library{FallbackLocales: []creative.Locale{"en"}}); got.Verdict != masters.Unclear {
		t.Errorf("with a fallback: %v %s", got.Verdict, got.Reason)
	}
	exact := master("a.mp4", func(m *masters.Master) { m.Locale = "english" })
	if got := masters.Choose(document(exact), slot, masters.Library{}); got.Verdict != masters.Deliver {
		t.Errorf("a master with that locale: %v %s", got.Verdict, got.Reason)
	}
}
