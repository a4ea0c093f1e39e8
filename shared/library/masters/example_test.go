package masters_test

import (
	"context"
	"fmt"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
)

func Example() {
	index, library := masters.Index{Blobs: &masterstest.Memory{}}, masters.Library{Name: "default"}
	slot := creative.Slot{Creative: creative.Creative{Code: "HRT-1212", Variation: 2}, Kind: creative.Video, Locale: "en", Aspect: "9x16"}
	doc, _, err := index.Document(context.Background(), library, slot.Creative)
	choice := masters.Choose(doc, slot, library)
	fmt.Println(choice.Verdict == masters.Absent, choice.Reason, err)
	// Output: true no_match:creative <nil>
}

func ExamplePlace() {
	p := masters.Place(masters.Library{}, "HRT-1212/v2/en/9x16.mp4", 1<<20, masters.Labels{})
	fmt.Println(p.Creative, p.Locale, p.Aspect, "by", p.Rule)
	// Output: HRT-1212-2 en 9x16 by name
}
