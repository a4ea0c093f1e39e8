package functionurl_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/events"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/functionurl"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/fulfillment"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/ledgertest"
	"masterhand/shared/request/platform"
	"masterhand/shared/request/signature"
	"masterhand/shared/request/webhook"
)

const secret = "whsec_0123456789abcdef0123456789abcdef"

// desk is a handler whose far ends are in memory.
type desk struct {
	functionurl.Handler
	webhook *webhook.Handler
	store   *ledgertest.Memory
	log     bytes.Buffer
	// index is asked for a creative's document.
	index func(ctx context.Context, name string) error
}

type fixed string

func (f fixed) Load(context.Context) ([]byte, error) { return []byte(f), nil }

// Load implements [masters.Blobs].
func (d *desk) Load(ctx context.Context, name string) ([]byte, string, error) {
	return nil, "", d.index(ctx, name)
}

// Save implements [masters.Blobs].
func (d *desk) Save(context.Context, string, []byte, string) (string, error) {
	return "", errors.New("read only")
}

func newDesk() *desk {
	d := &desk{store: ledgertest.NewMemory(), index: func(context.Context, string) error { return errors.New("no index") }}
	d.Log = slog.New(slog.NewJSONHandler(&d.log, nil))
	list := fmt.Sprintf(`[{"name":"acme","scheme":"outpost","secrets":[%q]}]`, secret)
	d.webhook = &webhook.Handler{
		Keyring: destination.NewKeyring(fixed(list), destination.Config{MaxAge: time.Minute, Recheck: time.Minute, Now: time.Now}),
		Service: &fulfillment.Service{
			Ledger: &ledger.Ledger{Store: d.store, Now: time.Now, NewOwner: func() string { return "owner" }},
			Index:  masters.Index{Blobs: d}, Now: time.Now, IndexLag: time.Second, HoldTimeout: time.Second,
		},
		Libraries: []masters.Library{{Name: "default"}},
		Loopback:  true,
		Now:       time.Now,
		Report:    func(context.Context, webhook.Served) {},
	}
	d.Serve = func(ctx context.Context, r functionurl.Request, deadline time.Time) functionurl.Answer {
		return functionurl.Answer(d.webhook.Serve(ctx, webhook.Request{
			Method: r.Method, Headers: func(name string) string { return r.Header[name] }, Body: r.Body,
		}, deadline))
	}
	return d
}

// event is a signed POST.
func event(body string) awsevents.LambdaFunctionURLRequest {
	key, err := signature.NewKey(signature.Outpost, secret)
	if err != nil {
		panic(err)
	}
	e := awsevents.LambdaFunctionURLRequest{
		Headers: signature.Sign(signature.Outpost, []signature.Key{key}, "", time.Now(), []byte(body)), Body: body,
	}
	e.RequestContext.HTTP.Method = http.MethodPost
	return e
}

func (d *desk) want(t *testing.T, ctx context.Context, e awsevents.LambdaFunctionURLRequest, status int, outcome string) {
	t.Helper()
	got, err := d.Handle(ctx, e)
	if err != nil || got.StatusCode != status || got.Body != `{"outcome":"`+outcome+`"}` || got.Headers["content-type"] != "application/json" || got.IsBase64Encoded {
		t.Errorf("answer %+v, %v; want %d %s", got, err, status, outcome)
	}
}

// The body is what the flag says, whatever it looks like.
func TestBody(t *testing.T) {
	t.Parallel()
	const text = `{"hello":"wörld"}`
	coded := base64.StdEncoding.EncodeToString([]byte(text))
	tests := map[string]struct {
		body    string
		flag    bool
		status  int
		outcome string
	}{
		"as it is":                  {text, false, 200, "ignored"},
		"coded":                     {coded, true, 200, "ignored"},
		"coded without the flag":    {coded, false, 401, "unauthentic"},
		"the flag without the code": {text, true, 401, "unauthentic"},
		"badly coded":               {coded[1:], true, 401, "unauthentic"},
		"coded for URLs":            {strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString([]byte("???>>>"))), true, 401, "unauthentic"},
		"nothing":                   {"", true, 401, "unauthentic"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(text)
			e.Body, e.IsBase64Encoded = test.body, test.flag
			newDesk().want(t, t.Context(), e, test.status, test.outcome)
		})
	}
}

func TestMethodSizeAndHeaders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*awsevents.LambdaFunctionURLRequest)
		status  int
		outcome string
	}{
		"as it is":      {func(*awsevents.LambdaFunctionURLRequest) {}, 200, "ignored"},
		"a look":        {func(e *awsevents.LambdaFunctionURLRequest) { e.RequestContext.HTTP.Method = "GET" }, 405, "method_not_allowed"},
		"no method":     {func(e *awsevents.LambdaFunctionURLRequest) { e.RequestContext.HTTP.Method = "" }, 405, "method_not_allowed"},
		"no headers":    {func(e *awsevents.LambdaFunctionURLRequest) { e.Headers = nil }, 401, "unauthentic"},
		"another topic": {func(e *awsevents.LambdaFunctionURLRequest) { e.Headers["x-outpost-topic"] = "video.source_requested" }, 200, "malformed"},
		"over 1 MiB":    {func(e *awsevents.LambdaFunctionURLRequest) { e.Body = strings.Repeat(" ", platform.MaxBody+1) }, 413, "too_large"},
		"over 1 MiB when decoded": {func(e *awsevents.LambdaFunctionURLRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(make([]byte, platform.MaxBody+1)), true
		}, 413, "too_large"},
		"1 MiB when decoded": {func(e *awsevents.LambdaFunctionURLRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(make([]byte, platform.MaxBody)), true
		}, 401, "unauthentic"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(`{}`)
			test.change(&e)
			newDesk().want(t, t.Context(), e, test.status, test.outcome)
		})
	}
}

// Path and query arrive as they were sent.
func TestPathAndQuery(t *testing.T) {
	t.Parallel()
	var got functionurl.Request
	h := functionurl.Handler{Serve: func(_ context.Context, r functionurl.Request, _ time.Time) functionurl.Answer {
		got = r
		return functionurl.Answer{Status: http.StatusOK, Outcome: "accepted"}
	}}
	e := awsevents.LambdaFunctionURLRequest{RawPath: "/a%2Fb/c", RawQueryString: "d=e%20f&g", Headers: map[string]string{"x-h": "1"}}
	if _, err := h.Handle(t.Context(), e); err != nil || got.Path != e.RawPath || got.Query != e.RawQueryString || got.Header["x-h"] != "1" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A panic is answered and logged by its type and place. What it was given may hold a
// credential and is not.
func TestPanic(t *testing.T) {
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
			d := newDesk()
			d.webhook.Report = func(context.Context, webhook.Served) { test.panic() }
			d.want(t, t.Context(), event(`{}`), 500, "internal_error")
			for _, want := range test.want {
				if !strings.Contains(d.log.String(), want) {
					t.Errorf("the log has no %q: %s", want, &d.log)
				}
			}
			if strings.Contains(d.log.String(), credential) {
				t.Error("the log has the credential")
			}
			if !json.Valid(d.log.Bytes()) || strings.Count(d.log.String(), "\n") != 1 {
				t.Error("the log is not one line")
			}
		})
	}
}

// Work ends a while before the function does, which the lease tells: it never runs past
// the end of whoever holds it.
func TestDeadline(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		left time.Duration // of the function's time; 0: nobody ends it
		want time.Duration // of the lease
	}{
		"soon":   {40 * time.Second, 40*time.Second - functionurl.Reserve},
		"later":  {5 * time.Minute, ledger.Lease},
		"nobody": {0, ledger.Lease},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.left > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.left)
					defer cancel()
				}
				d := newDesk()
				e, id := request(t)
				asked := false
				d.index = func(ctx context.Context, _ string) error {
					item, err := d.store.Load(ctx, id)
					if err != nil || time.Until(item.LeaseUntil) != test.want {
						t.Errorf("lease of %v, want %v (%v)", time.Until(item.LeaseUntil), test.want, err)
					}
					asked = true
					return errors.New("no index")
				}
				d.want(t, ctx, e, 503, "unavailable")
				if !asked {
					t.Error("the request was not worked on")
				}
			})
		})
	}
}

// request returns a request for a master and its id in the ledger.
func request(t *testing.T) (e awsevents.LambdaFunctionURLRequest, id string) {
	t.Helper()
	sample, err := events.Sample("requested-exact")
	if err != nil {
		t.Fatal(err)
	}
	upload, err := capability.Parse("http://127.0.0.1:9/upload")
	if err != nil {
		t.Fatal(err)
	}
	complete, err := capability.Parse("http://127.0.0.1:9/complete")
	if err != nil {
		t.Fatal(err)
	}
	body, err := events.Fill(sample.Data, events.Values{
		UploadURL: upload, CallbackURL: complete, StorageKey: "key", ExpiresAt: time.Now().Add(time.Hour), Now: time.Now(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return event(string(body)), platform.Request{CompleteURL: complete}.ID()
}
