package platform_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"masterhand/events"
	"masterhand/shared/request/platform"
)

// If one of the accepted aspects is unknown, only this aspect is ignored. The request stays valid.
func TestAnUnknownAcceptedAspectDropsItselfAlone(t *testing.T) {
	t.Parallel()
	data, err := events.Wire("14-accepted-unknown.json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Creative struct {
			PlacementFamily string
			AcceptedAspects []string
		}
		Want string
	}
	if err := json.Unmarshal(data, &c); err != nil || c.Want != "delivered in one that is known" {
		t.Fatalf("%v: %+v", err, c)
	}
	family := edited(t, requested, "creative.aspectRatio", "")
	for accepted, want := range map[string]string{
		`["` + strings.Join(c.Creative.AcceptedAspects, `","`) + `"]`: "feed (1x1, 4x5)",
		`["4x5",null]`: "feed (4x5)", `[null,{},3,"9:16"]`: "feed (9x16)", `null`: "feed (1x1, 3x4, 4x5)", `[]`: "feed (1x1, 3x4, 4x5)",
	} {
		body := edited(t, string(edited(t, string(family), "creative.placementFamily", fmt.Sprintf("%q", c.Creative.PlacementFamily))), "creative.acceptedAspects", accepted)
		event, err := platform.Parse(platform.TopicRequested, body)
		if got := event.Request.Slot.Target(); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", accepted, got, err, want)
		}
	}
}
