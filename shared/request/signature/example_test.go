package signature_test

import (
	"fmt"
	"time"

	"masterhand/shared/request/signature"
)

func Example() {
	key, _ := signature.NewKey(signature.Outpost, "whsec_0123456789abcdef0123456789abcdef")
	body, keys := []byte(`{}`), []signature.Key{key}
	sent := signature.Sign(signature.Outpost, keys, "", time.Now(), body)
	headers := func(name string) string { return sent[name] }
	which, err := signature.Verify(signature.Outpost, headers, body, keys, time.Now())
	fmt.Println(which, err)
	_, err = signature.Verify(signature.Outpost, headers, []byte(`{"forged": true}`), keys, time.Now())
	fmt.Println(err)
	// Output:
	// 0 <nil>
	// signature matches no secret
}
