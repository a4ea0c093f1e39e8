package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"masterhand/infra/local/running"
	"masterhand/shared/views/page"
)

//go:embed machine_live.js
var liveScript string

// livePage serves the web page of a system on this machine.
type livePage struct {
	session *session
	sources page.Sources
	ctx     context.Context // ends when the server stops; then each stream of events ends
}

// The intervals of the live page.
const (
	lookEvery = time.Second // interval between two checks for changes
	// tellEvery is the longest time between two events to a reader. Each event makes the browser
	// reload the page's data, so that the ages on the page stay right even without a change.
	tellEvery = 10 * time.Second
)

// servePage serves the page on a port of this machine. It returns the page's URL and the function
// stop. The server runs until ctx ends or stop is called. Port 0 means any free port.
func (s *session) servePage(ctx context.Context, at running.System, port int) (address string, stop func(), err error) {
	seen := *s
	seen.system, seen.aws = &at, localConfig(at)
	sources, err := seen.pageSources(ctx, seen.localDeployment())
	if err != nil {
		return "", nil, err
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return "", nil, fmt.Errorf("serving the page: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	live := livePage{&seen, sources, ctx}
	server := &http.Server{Handler: live.handler(listener.Addr().String()), ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // the error is ignored: Serve returns one even if the server was closed as planned
	}()
	return "http://" + listener.Addr().String() + "/", func() {
		cancel()
		_ = server.Close()
		<-ended
	}, nil
}

// policy is the page's Content-Security-Policy. It allows the page to load nothing from other
// sites, and to run only the page's own script.
const policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// handler returns the handler of the page. It answers only requests whose Host header is the page's
// own address. Therefore a website that points its own name at this machine (DNS rebinding) cannot
// read the page.
func (l livePage) handler(host string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { l.show(w, r, page.Page.Write) })
	mux.HandleFunc("GET /main", func(w http.ResponseWriter, r *http.Request) { l.show(w, r, page.Page.WriteMain) })
	mux.HandleFunc("GET /events", l.events)
	mux.HandleFunc("GET /live.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write([]byte(liveScript)) // the error is ignored: writing fails only if the reader has disconnected
	})
	_, port, _ := net.SplitHostPort(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host && r.Host != "localhost:"+port {
			http.Error(w, "this page is at http://"+host+"/", http.StatusMisdirectedRequest)
			return
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			w.Header().Set(name, value)
		}
		mux.ServeHTTP(w, r)
	})
}

// show reads the present data and answers with HTML, which the function write makes from the data:
// the page or a part of the page.
func (l livePage) show(w http.ResponseWriter, r *http.Request, write func(page.Page, io.Writer) error) {
	data, err := page.Read(r.Context(), l.sources, l.session.now(), time.Time{})
	if err != nil {
		http.Error(w, "the data of the page cannot be read: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	q := r.URL.Query()
	leaf, _ := strconv.Atoi(q.Get("leaf"))
	shown := page.New(data, page.View{
		Name: l.session.shownName(), Links: true, Script: "live.js", Outcome: q.Get("outcome"), Code: q.Get("code"), Leaf: leaf,
		Type: func(line string) string { return typed(line) + onThisMachine },
	})
	var out bytes.Buffer
	if err := write(shown, &out); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w) // the error is ignored: writing fails only if the reader has disconnected
}

// events sends a server-sent event to the reader whenever the page's data changes. Without a change
// it sends one after the time tellEvery.
func (l livePage) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	last, told := l.mark(r.Context()), l.session.now()
	_, _ = fmt.Fprint(w, ": masterhand\n\n")
	for tick := time.Tick(lookEvery); ; {
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-l.ctx.Done():
			return
		case <-tick:
		}
		now := l.session.now()
		if mark := l.mark(r.Context()); mark != last || now.Sub(told) >= tellEvery {
			last, told = mark, now
			// The error is ignored: if the reader has disconnected, the next Flush returns an error.
			_, _ = fmt.Fprint(w, "data: changed\n\n")
		}
	}
}

// mark returns a hash of the page's data without the ages. The hash changes whenever anything on the
// page except an age would change. If the data cannot be read, the hash is zero.
func (l livePage) mark(ctx context.Context) (mark [sha256.Size]byte) {
	data, err := page.Read(ctx, l.sources, l.session.now(), time.Time{})
	data.At = time.Time{}
	encoded, encoding := json.Marshal(data.Requests)
	more := fmt.Sprint(len(data.Timelines), data.Revisions)
	for _, t := range data.Timelines {
		more += fmt.Sprint(t.Version)
	}
	if errors.Join(err, encoding) != nil {
		return mark
	}
	return sha256.Sum256(append(encoded, more...))
}
