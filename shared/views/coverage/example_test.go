package coverage_test

import (
	"context"
	"fmt"
	"os"

	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/views/coverage"
)

func Example() {
	blobs := &masterstest.Memory{}
	index := masters.Index{Blobs: blobs}
	doc := masters.NewDocument(creative.Creative{Code: "HRT-1212", Variation: 2}).Put(film("a.mp4", "en", "9x16"))
	if err := index.SaveDocument(context.Background(), library, doc, ""); err != nil {
		fmt.Println(err)
	}
	survey := coverage.New(library, nil)
	err := index.EachDocument(context.Background(), blobs, library, "", survey.Add)
	fmt.Println(err, coverage.WriteCSV(os.Stdout, survey.Chart()))
	// Output:
	// creative,variation,locale,kind,aspect,state,reason,key,masters,asked,skipped,last_asked
	// HRT-1212,2,en,video,9x16,there,,a.mp4,1,0,0,
	// <nil> <nil>
}
