package lazy_test

import (
	"fmt"

	"masterhand/shared/kit/lazy"
)

func ExampleRegexp() {
	version := lazy.Regexp(`^v([0-9]+)$`) // nothing is compiled yet
	fmt.Println(version().FindStringSubmatch("v12"))
	// Output: [v12 12]
}
