package capability_test

import (
	"fmt"

	"masterhand/shared/kit/capability"
)

// A credential is never printed, however the URL is.
func Example() {
	upload, err := capability.Parse("https://r2.example/key?X-Amz-Signature=s3cr3t")
	fmt.Println(upload, err)
	// Output: https://r2.example/[redacted] <nil>
}
