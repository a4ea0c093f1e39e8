package masters_test

import (
	"testing"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
)

func TestTheKeyToPutIsPlacedWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	declared := func(shapes ...string) masters.Library {
		rules, err := placement.ParseRules(placement.Settings{Codes: shapes, Prefix: "films/"})
		if err != nil {
			t.Fatal(err)
		}
		return masters.Library{Rules: rules}
	}
	video := creative.Slot{Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16"}
	feed := video
	feed.Kind, feed.Aspect, feed.Family = creative.Image, "", "feed"
	slashed, aspectless := video, video
	slashed.Creative.Code = "A/B"
	aspectless.Aspect = ""
	for name, c := range map[string]struct {
		lib  masters.Library
		slot creative.Slot
		want string
	}{
		"an aspect":                      {declared("HRT-####"), video, "films/HRT-1212/v2/en/9x16.mp4"},
		"the aspect that feed prefers":   {declared("HRT-####"), feed, "films/HRT-1212/v2/en/4x5.jpg"},
		"no code of the library":         {declared("ABC-##"), video, ""},
		"a code that no name can hold":   {declared("HRT-####"), slashed, ""},
		"neither an aspect nor a family": {declared("HRT-####"), aspectless, ""},
	} {
		if got := c.lib.KeyFor(c.slot); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
