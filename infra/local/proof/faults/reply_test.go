package faults_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// reply is a fault that changes an answer. The zero value does not change the answer.
type reply struct {
	cut, stall bool  // cut: the connection is cut after some bytes; stall: nothing is sent after them
	at         int64 // number of bytes of the body that are sent before the cut or the stall
	longer     int64 // number of bytes added to Content-Length and body; a negative number removes bytes
	rate       int64 // bytes per second; 0 means no limit
}

// replies holds the faults of future answers, by the name of the exchange, such as
// "GET /bucket/key".
type replies struct {
	mu   sync.Mutex
	next map[string][]reply
}

// Next applies the fault r to the next n answers of exchanges with the name key.
func (s *replies) Next(n int, key string, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = map[string][]reply{}
	}
	for range n {
		s.next[key] = append(s.next[key], r)
	}
}

func (s *replies) take(key string) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := s.next[key]
	if len(waiting) == 0 {
		return reply{}
	}
	s.next[key] = waiting[1:]
	return waiting[0]
}

var errCut = errors.New("answer cut on purpose")

// spoil applies the fault f to an answer.
func (f reply) spoil(r *http.Response) {
	if f.longer != 0 {
		r.ContentLength += f.longer
		r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
		body := io.MultiReader(r.Body, bytes.NewReader([]byte(strings.Repeat("x", int(max(f.longer, 0))))))
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(body, r.ContentLength), r.Body}
	}
	if f.cut || f.stall || f.rate > 0 {
		r.Body = &spoiled{ReadCloser: r.Body, reply: f, gone: r.Request.Context().Done()}
	}
}

// spoiled is the body of an answer to which a fault is applied.
type spoiled struct {
	io.ReadCloser
	reply
	read int64
	gone <-chan struct{} // closed when the client closes the connection; a stall then ends
}

func (s *spoiled) Read(p []byte) (int, error) {
	if s.rate > 0 {
		p = p[:min(int64(len(p)), max(s.rate/20, 1))]
		select {
		case <-time.After(time.Second / 20):
		case <-s.gone:
			return 0, errCut
		}
	}
	if s.cut || s.stall {
		p = p[:min(int64(len(p)), s.at-s.read)]
	}
	if len(p) == 0 {
		if s.stall {
			<-s.gone
		}
		return 0, errCut
	}
	n, err := s.ReadCloser.Read(p)
	s.read += int64(n)
	return n, err
}
