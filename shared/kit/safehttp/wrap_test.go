package safehttp_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"masterhand/shared/kit/safehttp"
)

// The function WrapDial wraps the dialer that checks addresses. Even if WrapDial passes 127.0.0.1
// or another refused address to the dialer, the dialer must not connect.
func TestWrapDialIsAroundTheCheck(t *testing.T) {
	t.Parallel()
	var inner error
	client := safehttp.NewClient(safehttp.Config{WrapDial: func(dial safehttp.Dial) safehttp.Dial {
		return func(ctx context.Context, network, _ string) (net.Conn, error) {
			conn, err := dial(ctx, network, "127.0.0.1:443")
			inner = err
			return conn, err
		}
	}})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://account.r2.cloudflarestorage.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, safehttp.ErrAddress) || !errors.Is(inner, safehttp.ErrAddress) {
		t.Errorf("got %v, inside %v; want ErrAddress", err, inner)
	}
}
