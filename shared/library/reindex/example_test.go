package reindex_test

import (
	"context"
	"fmt"
)

// The operator's command starts a run and shows its progress.
func Example() {
	control := newFixture(1).worker.Control
	run, err := control.Start(context.Background(), library, false)
	if err != nil {
		fmt.Println(err)
	}
	progress, err := control.Progress(context.Background(), library)
	fmt.Println(progress.Run.ID == run.ID, progress.Run.Step.Phase, err)
	// Output: true listing <nil>
}
