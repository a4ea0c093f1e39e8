package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/services"
)

// front is a proxy between the functions and one service. It makes chosen exchanges fail. Each
// exchange has a name, such as "GET /bucket/key". A fault is set for exchanges with one name.
type front struct {
	*fault.Server
	service  *fault.Proxy
	Requests *fault.Schedule // faults before a request reaches the service, or (fault.Done) after it took effect
	Answers  *replies        // faults of the service's answers
}

// aboutKey is the context key under which a request's context holds the name of the exchange, such
// as "GET /bucket/key".
type aboutKey struct{}

func about(ctx context.Context) string {
	key, _ := ctx.Value(aboutKey{}).(string)
	return key
}

// newFront opens a front. The function name returns the name of an exchange, such as
// "GET /bucket/key", from the request r and its body.
func newFront(t *testing.T, name func(r *http.Request, body []byte) string) *front {
	t.Helper()
	f := &front{service: fault.NewProxy(), Requests: &fault.Schedule{}, Answers: &replies{}}
	f.service.ModifyResponse = func(r *http.Response) error { f.Answers.take(about(r.Request.Context())).spoil(r); return nil }
	inner := fault.Handler(f.Requests, func(r *http.Request) string { return about(r.Context()) }, cutting(f.service))
	var err error
	f.Server, err = fault.Listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body []byte
		request := r
		// A POST is an operation of DynamoDB or SQS. Its body is small, so it is read completely.
		if r.Method == http.MethodPost {
			// The error is ignored: if the client closed the connection, the proxy detects this
			// itself.
			body, _ = io.ReadAll(r.Body)
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

// to sets the address of the service to which the front forwards requests. The service starts after
// the front, because the functions' configuration contains the front's address.
func (f *front) to(t *testing.T, address string) {
	t.Helper()
	if err := f.service.To(address); err != nil {
		t.Fatal(err)
	}
}

// cutting wraps the handler next. If next aborts in the middle of an answer, the TCP connection is
// reset.
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

// ofStored is the name of all exchanges that read an event from the doors' bucket.
const ofStored = "stored event"

// ofS3 returns the name of an exchange with S3: "GET /bucket/key" or another method,
// "tags /bucket/key", "list prefix" or [ofStored].
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

// ofDynamoDB returns the name of an exchange with DynamoDB: the operation, a space and the id of
// the ledger item.
func ofDynamoDB(r *http.Request, body []byte) string {
	type key struct {
		PK struct{ S string } `json:"pk"`
	}
	var in struct{ Key, Item key }
	// The error is ignored: the body of an operation without a ledger id may have another form.
	_ = json.Unmarshal(body, &in)
	return operation(r) + " " + in.Key.PK.S + in.Item.PK.S
}

// ofSQS returns the name of an exchange with SQS: "SendMessage " and the request's storage key, or
// only the operation's name for all other exchanges.
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

// xmlError returns a fault that answers a request with an error of S3. The function jsonError
// returns a fault that answers with an error of DynamoDB or SQS.
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
