package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/services"
)

// front stands before one of the services and lets the functions' exchanges with it go
// wrong. It listens before the service does, so that the functions can be told of it.
type front struct {
	*fault.Server
	Requests *fault.Schedule // before the service has them, or after (fault.Done)
	Answers  *replies        // on their way back

	behind atomic.Pointer[url.URL]
}

// aboutKey is the context's key of what an exchange is about.
type aboutKey struct{}

func about(ctx context.Context) string {
	key, _ := ctx.Value(aboutKey{}).(string)
	return key
}

// newFront opens a front; name names what an exchange is about, the body given too.
func newFront(t *testing.T, name func(r *http.Request, body []byte) string) *front {
	t.Helper()
	f := &front{Requests: &fault.Schedule{}, Answers: &replies{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(f.behind.Load())
			p.Out.Host = p.In.Host // the signature covers it
			p.Out.URL.RawQuery = p.In.URL.RawQuery
		},
		ModifyResponse: func(r *http.Response) error { f.Answers.take(about(r.Request.Context())).spoil(r); return nil },
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	inner := fault.Handler(f.Requests, func(r *http.Request) string { return about(r.Context()) }, cutting(proxy))
	var err error
	f.Server, err = fault.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		request := r
		if r.Method == http.MethodPost { // small: an operation of DynamoDB or SQS
			body, _ = io.ReadAll(r.Body) // a client that has gone is met by the proxy
			request = r.Clone(r.Context())
			request.Body = io.NopCloser(bytes.NewReader(body))
		}
		inner.ServeHTTP(w, request.WithContext(context.WithValue(r.Context(), aboutKey{}, name(r, body))))
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// to says where the service is.
func (f *front) to(t *testing.T, address string) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	f.behind.Store(parsed)
}

// cutting turns a proxy's abort in the middle of an answer into a RST.
func cutting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p == http.ErrAbortHandler {
				fault.ResetAt(0).ServeHTTP(w, r)
			} else if p != nil {
				panic(p)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// ofStored is the name of an exchange about an event that the bucket brings in.
const ofStored = "stored event"

// ofS3 names an exchange "GET /bucket/key", "tags /bucket/key", "list prefix" or [ofStored].
func ofS3(r *http.Request, _ []byte) string {
	switch query := r.URL.Query(); {
	case query.Get("list-type") != "":
		return "list " + query.Get("prefix")
	case strings.HasPrefix(r.URL.Path, "/"+services.DoorBucket+"/"):
		return ofStored
	case query.Has("tagging"):
		return "tags " + r.URL.Path
	}
	return r.Method + " " + r.URL.Path
}

// ofDynamoDB names an exchange "Operation id".
func ofDynamoDB(r *http.Request, body []byte) string {
	type key struct {
		PK struct{ S string } `json:"pk"`
	}
	var in struct{ Key, Item key }
	_ = json.Unmarshal(body, &in) // of another operation
	return operation(r) + " " + in.Key.PK.S + in.Item.PK.S
}

// ofSQS names an exchange "SendMessage storage-key", or by its operation.
func ofSQS(r *http.Request, body []byte) string {
	var in struct{ MessageBody string }
	var message struct{ StorageKey string }
	if json.Unmarshal(body, &in) == nil && json.Unmarshal([]byte(in.MessageBody), &message) == nil {
		return operation(r) + " " + message.StorageKey
	}
	return operation(r)
}

func operation(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return name
}

// xmlError is an answer of S3, jsonError one of DynamoDB or SQS.
func xmlError(status int, code string) fault.Fault {
	return fault.Fault{
		Kind: fault.Answer, At: fault.Whole, Status: status, Type: "application/xml",
		Body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>on purpose</Message></Error>`,
	}
}

func jsonError(status int, code string) fault.Fault {
	return fault.Fault{
		Kind: fault.Answer, At: fault.Whole, Status: status, Type: "application/x-amz-json-1.0",
		Body: `{"__type":"com.amazonaws#` + code + `","message":"on purpose"}`,
	}
}
