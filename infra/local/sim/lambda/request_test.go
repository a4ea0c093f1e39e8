package lambda_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/infra/local/sim/lambda"
)

// TestEventsEqualCapturedOnes uses events of a real function URL, which the authors of
// aws-lambda-go captured. It repeats the request of each event, and the local function URL must
// make an equal event.
func TestEventsEqualCapturedOnes(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	captures, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "lambdaurl/testdata/*.json"))
	if err != nil || len(captures) != 4 {
		t.Fatalf("found %q, %v", captures, err)
	}
	for _, path := range captures {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			captured, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var want, got map[string]any
			if err := json.Unmarshal(captured, &want); err != nil {
				t.Fatal(err)
			}
			handler := lambda.Handler(lambda.URLConfig{Name: "lambda-url-id", Function: invokerFunc(func(in lambda.Invocation) ([]byte, error) {
				return []byte("null"), json.Unmarshal(in.Payload, &got)
			})})
			handler.ServeHTTP(httptest.NewRecorder(), asRequest(t, captured))

			place := want["requestContext"].(map[string]any)
			// A function URL adds this member only with AuthType AWS_IAM, so the local event does
			// not have it.
			delete(place, "authorizer")
			place["accountId"] = lambda.Account
			for _, chosen := range []string{"requestId", "time", "timeEpoch"} {
				place[chosen] = got["requestContext"].(map[string]any)[chosen]
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("event\n%v, captured\n%v", got, want)
			}
		})
	}
}

// asRequest returns the request that caused a captured event, without the headers that the
// function URL added.
func asRequest(t *testing.T, captured []byte) *http.Request {
	t.Helper()
	var event awsevents.LambdaFunctionURLRequest
	if err := json.Unmarshal(captured, &event); err != nil {
		t.Fatal(err)
	}
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		body, _ = base64.StdEncoding.DecodeString(event.Body)
	}
	r := httptest.NewRequest(event.RequestContext.HTTP.Method, event.RawPath+"?"+event.RawQueryString, bytes.NewReader(body))
	r.Host = event.Headers["host"]
	r.RemoteAddr = event.RequestContext.HTTP.SourceIP + ":12345"
	for name, value := range event.Headers {
		if name != "host" && name != "content-length" && !strings.HasPrefix(name, "x-forwarded-") {
			r.Header.Set(name, value)
		}
	}
	return r
}

// eventOf returns the event that a function URL makes of a request.
func eventOf(t testing.TB, cfg lambda.URLConfig, r *http.Request) (event awsevents.LambdaFunctionURLRequest) {
	t.Helper()
	cfg.Function = invokerFunc(func(in lambda.Invocation) ([]byte, error) {
		if err := json.Unmarshal(in.Payload, &event); err != nil {
			t.Error(err)
		}
		if event.RequestContext.RequestID != in.ID || event.Headers["x-amzn-trace-id"] != in.Trace {
			t.Errorf("invocation %s %s, event %s %s", in.ID, in.Trace, event.RequestContext.RequestID, event.Headers["x-amzn-trace-id"])
		}
		return []byte("null"), nil
	})
	lambda.Handler(cfg).ServeHTTP(httptest.NewRecorder(), r)
	return event
}

func TestHeadersAndQuery(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/a%2Fb/%C3%BC?x=1&y=%26&x=2", nil)
	r.Header["X-Twice"] = []string{"one", "two, three"}
	r.Header.Set("X-Forwarded-For", "10.0.0.1")
	r.Header.Set("Connection", "close")
	r.Header["Cookie"] = []string{"a=1; b=2", "c=3"}
	r.RemoteAddr = "127.0.0.1:1234"
	e := eventOf(t, lambda.URLConfig{}, r)
	for name, want := range map[string]string{
		"x-twice": "one,two, three", "x-forwarded-for": "10.0.0.1,127.0.0.1", "x-forwarded-proto": "https",
		"x-forwarded-port": "443", "host": "example.com", "connection": "", "X-Twice": "", "content-length": "",
	} {
		if got := e.Headers[name]; got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if e.RawPath != "/a%2Fb/%C3%BC" || e.RawQueryString != "x=1&y=%26&x=2" {
		t.Errorf("path %s, query %s", e.RawPath, e.RawQueryString)
	}
	if e.QueryStringParameters["x"] != "1,2" || e.QueryStringParameters["y"] != "&" {
		t.Errorf("parameters %v", e.QueryStringParameters)
	}
	if strings.Join(e.Cookies, "|") != "a=1|b=2|c=3" {
		t.Errorf("cookies %q", e.Cookies)
	}
	if e.Body != "" || e.IsBase64Encoded {
		t.Errorf("body %q", e.Body)
	}
}

func TestTimeOfTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // in a synctest bubble, the clock begins at midnight UTC of 2000-01-01
		e := eventOf(t, lambda.URLConfig{}, httptest.NewRequest("GET", "/", nil))
		if e.RequestContext.Time != "01/Jan/2000:00:00:00 +0000" || e.RequestContext.TimeEpoch != 946684800000 {
			t.Errorf("time %s, %d", e.RequestContext.Time, e.RequestContext.TimeEpoch)
		}
	})
}

func TestBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		contentType, body string
		force, coded      bool
	}{
		{contentType: "application/json", body: `{"a":"\u0026"}`},
		{contentType: "application/json; charset=utf-8", body: `{}`},
		{contentType: "text/plain", body: "ü"},
		{contentType: "Application/XML", body: "<a/>"},
		{contentType: "application/javascript", body: "1"},
		{contentType: "application/json", body: `{}`, force: true, coded: true},
		// The body has bytes that a JSON string cannot hold, so it must be encoded in base64.
		{contentType: "application/json", body: "\xff{}", coded: true},
		{contentType: "application/octet-stream", body: "x", coded: true},
		{contentType: "application/jsonish", body: "{}", coded: true},
		{contentType: "", body: "{}", coded: true},
	}
	for _, test := range tests {
		r := httptest.NewRequest("POST", "/", strings.NewReader(test.body))
		r.Header.Set("Content-Type", test.contentType)
		e := eventOf(t, lambda.URLConfig{Base64: test.force}, r)
		want := test.body
		if test.coded {
			want = base64.StdEncoding.EncodeToString([]byte(test.body))
		}
		if e.IsBase64Encoded != test.coded || e.Body != want {
			t.Errorf("%q %q: body %q, coded %v", test.contentType, test.body, e.Body, e.IsBase64Encoded)
		}
	}
}

// The function must get every body without a change.
func FuzzBody(f *testing.F) {
	f.Add("application/json", []byte(`{}`))
	f.Add("text/plain; charset=latin-1", []byte("\xfc"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		e := eventOf(t, lambda.URLConfig{}, r)
		got := []byte(e.Body)
		if e.IsBase64Encoded {
			got, _ = base64.StdEncoding.DecodeString(e.Body)
		}
		if !bytes.Equal(got, body) {
			t.Errorf("sent %q, handed over %q", body, got)
		}
	})
}

func TestRequestLimit(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{
		6<<20 + 1: http.StatusRequestEntityTooLarge, // the body alone exceeds the limit
		// The body alone is within the limit, but the event with this body exceeds the limit.
		6<<20 - 100: http.StatusRequestEntityTooLarge,
		6<<20 - 4e3: http.StatusOK,
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", size)))
		r.Header.Set("Content-Type", "text/plain")
		lambda.Handler(lambda.URLConfig{Function: invokerFunc(func(lambda.Invocation) ([]byte, error) { return []byte("null"), nil })}).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%d bytes: %d, want %d", size, w.Code, want)
		}
	}
	w := httptest.NewRecorder()
	lambda.Handler(lambda.URLConfig{}).ServeHTTP(w, httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("x"), brokenReader{})))
	if w.Code != http.StatusBadRequest {
		t.Errorf("a body that breaks off: %d", w.Code)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
