package waitpoint_test

import (
	"context"
	"fmt"
	"net/http"

	"masterhand/shared/kit/capability"
	"masterhand/shared/request/waitpoint"
)

func Example() {
	complete := func(ctx context.Context, callback capability.URL, body []byte) error {
		sent, err := waitpoint.Complete(ctx, http.DefaultClient, callback, body)
		if err == nil && sent.Outcome == waitpoint.AlreadyCompleted && sent.Unclear {
			fmt.Println("an earlier send may have completed the token")
		}
		return err
	}
	_ = complete
}
