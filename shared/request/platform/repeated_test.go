package platform_test

import (
	"errors"
	"strings"
	"testing"

	"masterhand/shared/request/platform"
)

const unrepeated = `{"projectId":"p","creative":{"code":"MIX-1","variation":1,"locale":"en","kind":"video","aspectRatio":"9x16"},` +
	`"fulfillment":{"uploadUrl":"https://h/u","storageKey":"k","expiresAt":"2026-04-24T01:00:00Z","completeCallbackUrl":"https://h/c"}}`

func TestRepeatedMembersAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new string }{
		"another letter case":      {`"variation":1`, `"variation":1,"Variation":12`},
		"only another letter case": {`"variation":1`, `"VARIATION":1`},
		"twice":                    {`"variation":1`, `"variation":1,"variation":12`},
		"a second object":          {`"fulfillment"`, `"creative":{"variation":12},"fulfillment"`},
		"a second object, case":    {`"fulfillment"`, `"Creative":{"variation":12},"fulfillment"`},
		"two upload URLs":          {`"storageKey"`, `"uploadUrl":"https://h/other","storageKey"`},
		"a fraction":               {`"variation":1`, `"variation":1.5`},
		"a number as text":         {`"variation":1`, `"variation":"1"`},
		"beyond all numbers":       {`"variation":1`, `"variation":1e300`},
		"no number":                {`"variation":1`, `"variation":null`},
	} {
		body := strings.Replace(unrepeated, c.old, c.new, 1)
		if event, err := platform.Parse(platform.TopicRequested, []byte(body)); !errors.Is(err, platform.ErrMalformed) {
			t.Errorf("%s: read as %v, %v", name, event.Request.Slot, err)
		}
	}
	for name, body := range map[string]string{
		"as it is":            unrepeated,
		"with a point":        strings.Replace(unrepeated, `"variation":1`, `"variation":1.0`, 1),
		"with an exponent":    strings.Replace(unrepeated, `"variation":1`, `"variation":1e0`, 1),
		"with a mark":         "\ufeff" + unrepeated,
		"with a new member":   strings.Replace(unrepeated, `"variation":1`, `"variation":1,"variations":12`, 1),
		"repeated, elsewhere": strings.Replace(unrepeated, `"fulfillment"`, `"facebook":{"reason":1,"reason":2,"Kind":3},"fulfillment"`, 1),
	} {
		if event, err := platform.Parse(platform.TopicRequested, []byte(body)); err != nil || event.Request.Slot.Creative.Variation != 1 {
			t.Errorf("%s: %v, %v", name, event.Request.Slot, err)
		}
	}
}

// A result is malformed if a JSON member of its slot is repeated. Other members of a result may be
// repeated: they are undocumented, so they are read leniently.
func TestOnlyTheSlotOfAResultMustNotRepeatMembers(t *testing.T) {
	t.Parallel()
	const rejected = `{"projectId":"p","creative":{"code":"MIX-1","variation":1,"locale":"en","kind":"video","aspectRatio":"9x16"},` +
		`"StorageKey":"k","reason":"first","reason":"last"}`
	event, err := platform.Parse(platform.TopicRejected, []byte(rejected))
	if err != nil || event.Result.Reason != "last" {
		t.Errorf("%+v, %v", event.Result, err)
	}
	twice := strings.Replace(rejected, `"variation":1`, `"variation":1,"variation":12`, 1)
	if event, err := platform.Parse(platform.TopicRejected, []byte(twice)); !errors.Is(err, platform.ErrMalformed) {
		t.Errorf("read as %v, %v", event.Result.Slot, err)
	}
}
