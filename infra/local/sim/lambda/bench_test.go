package lambda_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"masterhand/infra/local/sim/lambda"
)

// BenchmarkWarm measures a request to the function URL that an idle environment answers.
func BenchmarkWarm(b *testing.B) {
	u := openURL(b, newFunction(b, nil))
	for b.Loop() {
		response, err := http.Post(u.Address(), "application/json", strings.NewReader(`{}`))
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}

// BenchmarkCold measures an invocation for which an environment must be started.
func BenchmarkCold(b *testing.B) {
	for b.Loop() {
		f := newFunction(b, nil)
		if _, err := f.Invoke(lambda.Invocation{Payload: []byte(`{}`)}); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
