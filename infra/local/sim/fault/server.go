package fault

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// Server serves a handler on a free port of 127.0.0.1. It can go down and come back on the same
// port.
type Server struct {
	handler http.Handler
	address string

	turning sync.Mutex     // held while the server goes up or down
	busy    sync.WaitGroup // counts the running handlers
	mu      sync.Mutex
	up      *http.Server // the HTTP server that is running; nil while the Server is down
	cancel  context.CancelFunc
	ended   chan struct{} // closed when the HTTP server in the field up no longer listens
}

// Listen starts a server. [Server.Close] stops it.
func Listen(handler http.Handler) (*Server, error) {
	s := &Server{handler: handler}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	s.address = listener.Addr().String()
	s.start(listener)
	return s, nil
}

// URL returns the server's address, for example "http://127.0.0.1:12345".
func (s *Server) URL() string { return "http://" + s.address }

// Up makes a server that is down listen again on its port. It fails if another process has taken
// the port meanwhile.
func (s *Server) Up() error {
	s.turning.Lock()
	defer s.turning.Unlock()
	s.mu.Lock()
	isUp := s.up != nil
	s.mu.Unlock()
	if isUp {
		return nil
	}
	listener, err := net.Listen("tcp4", s.address)
	if err != nil {
		return fmt.Errorf("listening again: %w", err)
	}
	s.start(listener)
	return nil
}

func (s *Server) start(listener net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		BaseContext: func(net.Listener) context.Context { return ctx },
		// The log is discarded, because it would contain URLs that are credentials.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	ended := make(chan struct{})
	s.mu.Lock()
	s.up, s.cancel, s.ended = server, cancel, ended
	s.mu.Unlock()
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.busy.Done()
	s.handler.ServeHTTP(w, r)
}

// enter counts a running handler. It returns false if the server is going down.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up != nil {
		s.busy.Add(1)
	}
	return s.up != nil
}

// Down cuts every connection and refuses new connections until [Server.Up] is called. It returns
// after all handlers have ended.
func (s *Server) Down() {
	s.turning.Lock()
	defer s.turning.Unlock()
	s.mu.Lock()
	server, cancel, ended := s.up, s.cancel, s.ended
	s.up = nil
	s.mu.Unlock()
	if server == nil {
		return
	}
	cancel()
	_ = server.Close()
	<-ended
	s.busy.Wait()
}

// Close stops the server.
func (s *Server) Close() { s.Down() }
