package destination_test

import (
	"context"
	"errors"
	"net/http"
	"time"

	"masterhand/shared/kit/secret"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/signature"
)

func Example() {
	status := func(ctx context.Context, source secret.Source, headers signature.Headers, body []byte) int {
		keys := destination.NewKeyring(source, destination.Config{MaxAge: time.Minute, Recheck: 30 * time.Second, Now: time.Now})
		_, err := keys.Verify(ctx, headers, body)
		switch {
		case errors.Is(err, destination.ErrUnauthentic):
			return http.StatusUnauthorized
		case errors.Is(err, destination.ErrUnavailable):
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	_ = status
}
