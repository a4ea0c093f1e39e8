package main

import (
	"strings"
	"testing"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// If a request waits because a file's locale is unclear, the command "explain" prints the commands
// that end the wait.
func TestExplainSaysHowToPlaceAFileOfUnclearLocale(t *testing.T) {
	t.Parallel()
	slot := creative.Slot{Creative: creative.Creative{Code: "HRT-2043", Variation: 2}, Locale: "en", Kind: creative.Video, Aspect: "9x16"}
	document := masters.NewDocument(slot.Creative).Put(masters.Master{
		Key: "HRT-2043-2_UK.webm", Kind: creative.Video, Aspect: "9x16", Probed: true, Extension: "webm", LocaleUnclear: "UK is a market",
	})
	var out strings.Builder
	s := &session{terminal: terminal{Screen: screen.Screen{Out: &out}}}
	e := explained(document, slot, masters.Library{Name: "default"})
	e.Built = true
	if err := s.show(e); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nnext: ", " HRT-2043-2_UK.webm HRT-2043-2 en   (to place it)", " HRT-2043-2_UK.webm   (to exclude it)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("explain lacks %q: %s", want, &out)
		}
	}
}
