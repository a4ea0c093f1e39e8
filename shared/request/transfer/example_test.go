package transfer_test

import (
	"context"
	"net/http"
	"time"

	"masterhand/shared/kit/capability"
	"masterhand/shared/request/transfer"
)

func Example() {
	upload := func(ctx context.Context, object transfer.Source, size int64, to capability.URL, alive func() error) error {
		if err := transfer.Inspect(to, time.Now()); err != nil {
			return err
		}
		mover := &transfer.Mover{Client: http.DefaultClient}
		_, err := mover.Move(ctx, object, transfer.Upload{URL: to, ContentType: "video/mp4", Size: size, Alive: alive})
		return err
	}
	_ = upload
}
