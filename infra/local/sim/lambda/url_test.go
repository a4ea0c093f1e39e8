package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/sim/lambda"
)

func openURL(t testing.TB, f lambda.Invoker) *lambda.URL {
	t.Helper()
	u, err := lambda.OpenURL(lambda.URLConfig{Name: "subject", Function: f})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Close(context.Background()) })
	return u
}

func TestRealFunctionBehindItsURL(t *testing.T) {
	t.Parallel()
	u := openURL(t, newFunction(t, nil))
	for order, status := range map[string]int{`{}`: 200, `{"do":"error"}`: 502, `{"do":"exit"}`: 502, `no json`: 502} {
		response, err := http.Post(u.Address()+"hook", "application/json", strings.NewReader(order))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		var a about
		if status == 200 {
			err = errors.Join(err, json.Unmarshal(body, &a))
		}
		if response.StatusCode != status || err != nil {
			t.Errorf("%s: %d %s, %v", order, response.StatusCode, body, err)
		}
		if status == 200 && a.RequestID != response.Header.Get("X-Amzn-Requestid") {
			t.Errorf("request %q for the function, %q for the client", a.RequestID, response.Header.Get("X-Amzn-Requestid"))
		}
	}
}

func TestInvocationGoesOnWithoutItsClient(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	u := openURL(t, newFunction(t, nil))
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		r, err := http.NewRequestWithContext(ctx, "POST", u.Address(), strings.NewReader(g.order))
		if err == nil {
			r.Header.Set("Content-Type", "text/plain")
			_, err = http.DefaultClient.Do(r)
		}
		gone <- err
	}()
	<-g.arrived
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the client got %v", err)
	}
	close(g.open)
	<-g.finished
}

func TestURLCloses(t *testing.T) {
	t.Parallel()
	for _, patient := range []bool{true, false} {
		t.Run(strconv.FormatBool(patient), func(t *testing.T) {
			t.Parallel()
			release, called := make(chan struct{}), make(chan struct{})
			u := openURL(t, invokerFunc(func(lambda.Invocation) ([]byte, error) {
				close(called)
				<-release
				return []byte(`"done"`), nil
			}))
			answer := make(chan error)
			go func() {
				response, err := http.Get(u.Address())
				if err == nil {
					err = response.Body.Close()
				}
				answer <- err
			}()
			<-called
			ctx, cancel := context.WithCancel(t.Context())
			if patient {
				time.AfterFunc(10*time.Millisecond, func() { close(release) })
			} else {
				defer close(release)
				cancel()
			}
			defer cancel()
			if err := u.Close(ctx); (err == nil) != patient {
				t.Errorf("Close: %v", err)
			}
			if err := <-answer; (err == nil) != patient {
				t.Errorf("the request in flight: %v", err)
			}
		})
	}
}

func TestAUsedPortIsAnError(t *testing.T) {
	t.Parallel()
	u := openURL(t, nil)
	if _, err := lambda.OpenURL(lambda.URLConfig{Name: "second", Port: portOf(t, u.Address())}); err == nil {
		t.Error("a port was given out twice")
	}
}
