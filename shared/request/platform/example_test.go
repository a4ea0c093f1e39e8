package platform_test

import (
	"fmt"

	"masterhand/shared/request/platform"
)

func Example() {
	event, err := platform.Parse(platform.TopicRequested, []byte(unrepeated))
	fmt.Println(event.Class, event.Request.Slot, err)
	// Output: requested MIX-1-1 en video 9x16 <nil>
}
