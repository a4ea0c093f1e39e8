package capability_test

import (
	"fmt"

	"masterhand/shared/kit/capability"
)

// Printing a URL in any way never shows its credential.
func Example() {
	upload, err := capability.Parse("https://r2.example/key?X-Amz-Signature=s3cr3t")
	fmt.Println(upload, err)
	// Output: https://r2.example/[redacted] <nil>
}
