package functionurl_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/functionurl"
	"masterhand/shared/kit/inbound"
)

// These are the answers of the handlers in these tests. No real handler uses them.
var (
	served      = inbound.Answer{Status: 299, Outcome: "served"}
	undecodable = inbound.Answer{Status: 498, Outcome: "undecodable"}
	panicked    = inbound.Answer{Status: 598, Outcome: "panicked"}
)

// handler returns a handler that passes each request to serve and then answers it.
func handler(log *bytes.Buffer, serve func(context.Context, inbound.Request, time.Time)) functionurl.Handler {
	return functionurl.Handler{
		Serve: func(ctx context.Context, r inbound.Request, deadline time.Time) inbound.Answer {
			serve(ctx, r, deadline)
			return served
		},
		Undecodable: undecodable, Panicked: panicked, Log: slog.New(slog.NewJSONHandler(log, nil)),
	}
}

func want(t *testing.T, ctx context.Context, h functionurl.Handler, e awsevents.LambdaFunctionURLRequest, want inbound.Answer) {
	t.Helper()
	got, err := h.Handle(ctx, e)
	if err != nil || got.StatusCode != want.Status || got.Body != `{"outcome":"`+want.Outcome+`"}` || got.Headers["content-type"] != "application/json" || got.IsBase64Encoded {
		t.Errorf("answer %+v, %v; want %+v", got, err, want)
	}
}

// Only the event's flag must decide whether a body is base64, whatever the body looks like.
func TestTheFlagSaysHowTheBodyIsCoded(t *testing.T) {
	t.Parallel()
	const text = `{"hello":"wörld"}`
	coded := base64.StdEncoding.EncodeToString([]byte(text))
	tests := map[string]struct {
		body   string
		flag   bool
		served string
		answer inbound.Answer
	}{
		"as it is":                  {text, false, text, served},
		"coded":                     {coded, true, text, served},
		"coded without the flag":    {coded, false, coded, served},
		"the flag without the code": {text, true, "", undecodable},
		"badly coded":               {coded[1:], true, "", undecodable},
		"coded for URLs":            {base64.URLEncoding.EncodeToString([]byte("???>>>")), true, "", undecodable},
		"nothing":                   {"", true, "", served},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body []byte
			h := handler(nil, func(_ context.Context, r inbound.Request, _ time.Time) { body = r.Body })
			want(t, t.Context(), h, awsevents.LambdaFunctionURLRequest{Body: test.body, IsBase64Encoded: test.flag}, test.answer)
			if string(body) != test.served {
				t.Errorf("served %q, want %q", body, test.served)
			}
		})
	}
}

func TestMethodPathQueryAndHeadersArriveAsTheyWereSent(t *testing.T) {
	t.Parallel()
	e := awsevents.LambdaFunctionURLRequest{RawPath: "/a%2Fb/c", RawQueryString: "d=e%20f&g", Headers: map[string]string{"x-h": "1"}}
	e.RequestContext.HTTP.Method = http.MethodPut
	want(t, t.Context(), handler(nil, func(_ context.Context, r inbound.Request, _ time.Time) {
		if r.Method != http.MethodPut || r.Path != e.RawPath || r.Query != e.RawQueryString || r.Value("x-h") != "1" || r.Value("x-i") != "" {
			t.Errorf("%+v", r)
		}
	}), e, served)
}

// A panic must be answered. It must be logged with its type and place, but without its value,
// because the value may contain a credential.
func TestAPanicIsAnsweredAndLoggedWithoutItsValue(t *testing.T) {
	t.Parallel()
	const credential = "CREDENTIAL"
	address, err := capability.Parse("https://example.com/" + credential)
	if err != nil {
		t.Fatal(err)
	}
	var nothing map[string]int
	tests := map[string]struct {
		panic func()
		want  []string
	}{
		"by the runtime": {func() { nothing["x"] = 1 }, []string{"assignment to entry in nil map", "functionurl_test.go"}},
		"with text":      {func() { panic("at " + address.Reveal()) }, []string{`"type":"string"`, "functionurl_test.go"}},
		"with an error":  {func() { panic(errors.New(address.Reveal())) }, []string{"errors.errorString", "functionurl_test.go"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := handler(&log, func(context.Context, inbound.Request, time.Time) { test.panic() })
			want(t, t.Context(), h, awsevents.LambdaFunctionURLRequest{Body: `{}`}, panicked)
			for _, want := range test.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log has no %q: %s", want, &log)
				}
			}
			if strings.Contains(log.String(), credential) {
				t.Error("the log has the credential")
			}
			if !json.Valid(log.Bytes()) || strings.Count(log.String(), "\n") != 1 {
				t.Error("the log is not one line")
			}
		})
	}
}

func TestTheDeadlineIsTheReserveBeforeTheFunctionsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var deadline time.Time
		h := handler(nil, func(_ context.Context, _ inbound.Request, d time.Time) { deadline = d })
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		want(t, ctx, h, awsevents.LambdaFunctionURLRequest{}, served)
		if left := time.Until(deadline); left != 40*time.Second-functionurl.Reserve {
			t.Errorf("%v left to work, want %v", left, 40*time.Second-functionurl.Reserve)
		}
		if want(t, t.Context(), h, awsevents.LambdaFunctionURLRequest{}, served); !deadline.IsZero() {
			t.Errorf("deadline %v where nobody ends the function", deadline)
		}
	})
}
