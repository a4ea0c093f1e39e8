package lambda_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"masterhand/infra/local/sim/lambda"
)

// answerTo returns the answer that a client gets for a response or an error of the function.
func answerTo(response string, err error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	lambda.Handler(lambda.URLConfig{Function: invokerFunc(func(lambda.Invocation) ([]byte, error) {
		return []byte(response), err
	})}).ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("{}")))
	return w
}

func TestResponses(t *testing.T) {
	t.Parallel()
	const bad = "Internal Server Error"
	tests := []struct {
		response    string
		status      int
		contentType string
		body        string
	}{
		{`{"statusCode":202,"headers":{"content-type":"text/plain","X-A":"b","content-length":"99"},"body":"hi"}`, 202, "text/plain", "hi"},
		{`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, 200, "application/json", "hi"},
		{`{"statusCode":200,"cookies":["a=1","b=2"]}`, 200, "application/json", ""},
		{`{"outcome":"delivered"}`, 200, "application/json", `{"outcome":"delivered"}`},
		{`"Hello, world!"`, 200, "application/json", `"Hello, world!"`},
		{`null`, 200, "application/json", `null`},
		{`[1]`, 200, "application/json", `[1]`},
		{`{"statusCode":200,"body":"not base64!","isBase64Encoded":true}`, 502, "application/json", bad},
		{`{"statusCode":"ok"}`, 502, "application/json", bad},
		{`{"statusCode":200,"body":{}}`, 502, "application/json", bad},
		{`{"statusCode":99}`, 502, "application/json", bad},
		{`{"statusCode":600}`, 502, "application/json", bad},
		{``, 502, "application/json", bad},
		{`no json`, 502, "application/json", bad},
	}
	for _, test := range tests {
		w := answerTo(test.response, nil)
		if w.Code != test.status || w.Header().Get("Content-Type") != test.contentType || w.Body.String() != test.body {
			t.Errorf("%s: %d %q %q", test.response, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
	}
	if got := answerTo(tests[0].response, nil).Header(); got.Get("X-A") != "b" || got.Get("Content-Length") != "" {
		t.Errorf("headers %v", got)
	}
	if got := answerTo(tests[2].response, nil).Header().Values("Set-Cookie"); strings.Join(got, "|") != "a=1|b=2" {
		t.Errorf("cookies %q", got)
	}
}

// For every response of a function, the client must get a well-formed answer.
func FuzzResponse(f *testing.F) {
	f.Add(`{"statusCode":200,"headers":{"a":"b"},"body":"aGk=","isBase64Encoded":true,"cookies":["a=b"]}`)
	f.Add(`"text"`)
	f.Fuzz(func(t *testing.T, response string) {
		if w := answerTo(response, nil); w.Code < 200 || w.Code > 599 || (!json.Valid([]byte(response)) && w.Code != 502) {
			t.Errorf("%q: %d", response, w.Code)
		}
	})
}

func TestInvocationErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		status int
		body   string
	}{
		{lambda.ErrThrottled, 429, `{"Message":"Too Many Requests"}` + "\n"},
		{lambda.ErrClosed, 503, `{"Message":"Service Unavailable"}` + "\n"},
		{&lambda.FunctionError{Type: "errorString", Message: "secret"}, 502, "Internal Server Error"},
		{errors.New("anything else"), 502, "Internal Server Error"},
	}
	for _, test := range tests {
		w := answerTo("", test.err)
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%v: %d %q", test.err, w.Code, w.Body)
		}
	}
}
