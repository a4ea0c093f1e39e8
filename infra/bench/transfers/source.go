package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"masterhand/shared/request/transfer/transfertest"
)

// source serves the objects LINK/RUN/SIZE/object, each with SIZE bytes, in the bucket masters. It
// generates the bytes while it sends them. It implements as much of S3 as the contestants need:
// reads of ranges, HEAD, and the listing of an object's folder, with which rclone begins.
type source struct {
	mu    sync.Mutex
	feeds map[string]*feed // the source's state for each run of a contestant, by the number of the run
}

// feed holds the state of the source for one run of a contestant.
type feed struct {
	link  link
	store *transfertest.Store
	card  *throttle

	gets, sent, stalls atomic.Int64
}

// counts holds how much the source did in one run of a contestant.
type counts struct {
	Gets   int64
	Sent   int64 // number of bytes that were sent in bodies
	Stalls int64
}

func (s *source) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /masters/{link}/{run}/{size}/object", s.send)
	mux.HandleFunc("GET /masters/{$}", listFolder)
	mux.HandleFunc("GET /masters", listFolder)
	mux.HandleFunc("GET /counts/{run}", s.count)
	return mux
}

// feed returns the source's state for one run of a contestant. If there is none yet, it creates it.
func (s *source) feed(run string, l link, size int64) *feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.feeds[run]
	if !ok {
		f = &feed{link: l, store: transfertest.NewStore(transfertest.Pattern{Size: size}), card: l.throttle()}
		f.store.Fault = f.fault
		if s.feeds == nil {
			s.feeds = make(map[string]*feed)
		}
		s.feeds[run] = f
	}
	return f
}

func (f *feed) fault(n int, _ int64) transfertest.Fault {
	return transfertest.Fault{Cut: every(f.link.cutEvery, n), After: cutAfter}
}

// every reports whether item n is the last item of a group. Items are counted from 0. The parameter
// group is the number of items in each group; if it is 0, every returns false.
func every(group, n int) bool { return group > 0 && n%group == group-1 }

func (s *source) send(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
	l, known := links[r.PathValue("link")]
	if err != nil || size < 0 || !known {
		http.NotFound(w, r)
		return
	}
	f := s.feed(r.PathValue("run"), l, size)
	pause(r.Context(), l.firstByte)
	p := &paced{ResponseWriter: w, ctx: r.Context(), feed: f, begun: time.Now()}
	if r.Method == http.MethodGet {
		p.stalls = every(l.stallEvery, int(f.gets.Add(1))-1)
	}
	f.store.ServeHTTP(p, r)
}

func (s *source) count(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f, ok := s.feeds[r.PathValue("run")]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(counts{Gets: f.gets.Load(), Sent: f.sent.Load(), Stalls: f.stalls.Load()})
}

func listFolder(w http.ResponseWriter, r *http.Request) {
	prefix := strings.TrimSuffix(r.URL.Query().Get("prefix"), "/")
	parts := strings.Split(prefix, "/")
	size, err := strconv.ParseInt(parts[len(parts)-1], 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = fmt.Fprintf(w, "<ListBucketResult><Name>masters</Name><Prefix>%s/</Prefix><IsTruncated>false</IsTruncated>"+
		"<Contents><Key>%s/object</Key><Size>%d</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents></ListBucketResult>", prefix, prefix, size)
}

// paced is a response writer that sends a body as slowly as the link requires.
type paced struct {
	http.ResponseWriter
	ctx    context.Context
	feed   *feed
	begun  time.Time
	sent   int64
	stalls bool // whether the answer must pause once, after the first bytes of its body
}

// Unwrap returns the underlying response writer. With it, a handler can flush the answer.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write implements [http.ResponseWriter]. It writes the bytes in small steps and waits between the
// steps, so that the bytes flow evenly at the link's rate.
func (p *paced) Write(b []byte) (int, error) {
	const step = 64 << 10
	total := 0
	for total < len(b) {
		n, err := p.ResponseWriter.Write(b[total:min(total+step, len(b))])
		total += n
		p.sent += int64(n)
		p.feed.sent.Add(int64(n))
		if err != nil {
			return total, err
		}
		due := time.Duration(seconds(p.sent, p.feed.link.rate) * float64(time.Second))
		pause(p.ctx, max(due-time.Since(p.begun), p.feed.card.take(time.Now(), n)))
		if p.stalls {
			p.stalls = false
			p.feed.stalls.Add(1)
			pause(p.ctx, stallFor)
		}
	}
	return total, nil
}

// pause waits for the duration d. It returns earlier if the client disconnects.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
