package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// payloadLimit is the maximum size of an event in bytes, for function URLs and for batches of
// messages. Source: Lambda quotas (6 MB).
const payloadLimit = 6 << 20

// Invoker runs an invocation and returns the response. It is a *Function, or a replacement in
// tests. Its errors are those of Function.Invoke.
type Invoker interface {
	Invoke(Invocation) ([]byte, error)
}

// URLConfig describes a function URL with AuthType NONE in BUFFERED mode.
type URLConfig struct {
	// Name is the value that the events contain in the place of the URL's id. Required.
	Name string
	// Function answers the requests. Required.
	Function Invoker
	// Port is the port at 127.0.0.1; 0 means a free port.
	Port int
	// Base64 says whether every body is encoded in base64. Lambda does that only with binary
	// bodies.
	Base64 bool
}

// URL is a function URL on 127.0.0.1, over http.
type URL struct {
	cfg      URLConfig
	listener net.Listener
	server   *http.Server
}

// OpenURL starts a function URL, which answers requests until [URL.Close] is called.
func OpenURL(cfg URLConfig) (*URL, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(cfg.Port)))
	if err != nil {
		return nil, fmt.Errorf("function url %s: %w", cfg.Name, err)
	}
	u := &URL{cfg: cfg, listener: listener}
	u.server = &http.Server{Handler: Handler(cfg), ReadHeaderTimeout: 30 * time.Second}
	go func() { _ = u.server.Serve(listener) }()
	return u, nil
}

// Address returns the URL, with a slash at the end.
func (u *URL) Address() string { return "http://" + u.listener.Addr().String() + "/" }

// Close rejects new requests and waits for the answers of running ones. If ctx ends first, it cuts
// the connections of these requests and returns ctx's error; their invocations continue.
func (u *URL) Close(ctx context.Context) error {
	if err := u.server.Shutdown(ctx); err != nil {
		u.server.Close()
		return fmt.Errorf("closing function url %s: %w", u.cfg.Name, err)
	}
	return nil
}

// Handler returns the handler of a function URL, for callers with a server of their own. It
// ignores the field Port of cfg.
func Handler(cfg URLConfig) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, payloadLimit))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			refuseRequest(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
			return
		}
		if err != nil {
			refuseRequest(w, http.StatusBadRequest, "Bad Request")
			return
		}
		now := time.Now()
		in := Invocation{ID: newID(), Trace: cmp.Or(r.Header.Get("X-Amzn-Trace-Id"), newTrace(now))}
		in.Payload, err = json.Marshal(cfg.event(r, body, in, now))
		if err != nil || len(in.Payload) > payloadLimit {
			refuseRequest(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
			return
		}
		w.Header().Set("X-Amzn-Requestid", in.ID)
		w.Header().Set("X-Amzn-Trace-Id", in.Trace)
		response, err := cfg.Function.Invoke(in)
		switch {
		case err == nil:
			respond(w, response)
		case errors.Is(err, ErrThrottled):
			refuseRequest(w, http.StatusTooManyRequests, "Too Many Requests")
		case errors.Is(err, ErrClosed):
			refuseRequest(w, http.StatusServiceUnavailable, "Service Unavailable")
		default:
			badGateway(w)
		}
	})
}

// badGateway answers 502 to a request whose invocation failed.
func badGateway(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "Internal Server Error")
}

func refuseRequest(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"Message": message})
}
