package safehttp_test

import (
	"fmt"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
)

func Example() {
	policy := safehttp.Policy{Hosts: []string{"*.r2.cloudflarestorage.com"}}
	for _, raw := range []string{"https://a.r2.cloudflarestorage.com/key?sig=s3cr3t", "https://evil.example/key?sig=s3cr3t"} {
		upload, err := capability.Parse(raw)
		if err == nil {
			err = policy.Allow(upload)
		}
		fmt.Println(err)
	}
	_, err := safehttp.NewClient(safehttp.Config{}).Get("http://169.254.169.254/s3cr3t")
	fmt.Println(safehttp.NoAnswer(err))
	// Output:
	// <nil>
	// host not allowed: "evil.example"
	// connection not allowed
}
