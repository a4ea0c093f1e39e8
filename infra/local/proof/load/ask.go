package load

import (
	"fmt"

	"masterhand/infra/local/sim/adplatform"
)

// ask is a slot with the expected result of a request for it. Key is the key of the master that
// must be delivered, or "". Skip is the reason of the expected skip, or "".
type ask struct {
	Slot adplatform.Slot
	Key  string
	Skip string
}

// creatives is the number of creatives for which a load run uploads masters.
const creatives = 12

// code returns the code of creative number n, for example "LOAD-1001". All codes have the same
// length, so that no code is the beginning of another one.
func code(n int) string { return fmt.Sprintf("LOAD-%d", n+1001) }

// The file names of a creative's masters: the last parts of their keys.
const (
	story    = "9x16.mp4"
	portrait = "4x5.mp4"
	square   = "1x1.mp4"
	still    = "1x1.jpg"
)

// parts lists the file names of masters. Each creative has one master with each of these names.
var parts = []string{story, portrait, square, still}

// masterKey returns the key of a master. The folders of the key state its creative and its locale:
// "LOAD-1001/v2/en/9x16.mp4".
func masterKey(n int, part string) string { return fmt.Sprintf("%s/v2/en/%s", code(n), part) }

// asks returns the slots of requests that must end with the delivery of an existing master.
func asks() []ask {
	var list []ask
	for n := range creatives {
		exact := func(part, locale, kind, aspect string) {
			slot := adplatform.Slot{Code: code(n), Variation: 2, Locale: locale, Kind: kind, Aspect: aspect}
			list = append(list, ask{Slot: slot, Key: masterKey(n, part)})
		}
		exact(story, "en", "video", "9x16")
		exact(story, "en-GB", "video", "9x16") // an English master also answers a request for en-GB
		exact(portrait, "en", "video", "4x5")
		exact(square, "en", "video", "1x1")
		exact(still, "en", "image", "1x1")
		family := func(part, name string, accepted ...string) {
			slot := adplatform.Slot{Code: code(n), Variation: 2, Locale: "en", Kind: "video", Family: name, Accepted: accepted}
			list = append(list, ask{Slot: slot, Key: masterKey(n, part)})
		}
		family(portrait, "feed", "1x1", "3x4", "4x5")
		family(square, "feed", "1x1", "3x4")
		family(story, "story_reel", "9x16")
	}
	return list
}

// missingAsks returns the slots of requests that must end with a skip, because no master matches.
func missingAsks() []ask {
	var list []ask
	for n := range creatives {
		list = append(list,
			ask{adplatform.Slot{Code: code(n), Variation: 2, Locale: "en", Kind: "video", Aspect: "16x9"}, "", "no_match:aspect"},
			ask{adplatform.Slot{Code: code(n), Variation: 2, Locale: "de", Kind: "video", Aspect: "9x16"}, "", "no_match:locale"},
			ask{adplatform.Slot{Code: code(n), Variation: 20, Locale: "en", Kind: "video", Aspect: "9x16"}, "", "no_match:creative"},
		)
	}
	return list
}
