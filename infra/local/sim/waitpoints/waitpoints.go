// Package waitpoints simulates Trigger.dev's waitpoint tokens, which receive completion
// callbacks.
//
// It behaves like the real server, which differs from its documentation: it answers 200 to every
// request that it understands, even if the token was completed before or has expired. If the body
// is not JSON, it completes the token with {}. Invariant: the first completion is final.
//
//	server, err := waitpoints.Open(waitpoints.Config{})
//	token := server.Create(time.Now().Add(time.Hour))
//	… // somebody posts to token.URL
//	token, err = server.Wait(ctx, token.ID)
//	fmt.Printf("%s\n", token.Output)
package waitpoints

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"masterhand/infra/local/sim/fault"
	"masterhand/shared/kit/capability"
)

// Config changes a server's behaviour. The zero value behaves like the real server.
type Config struct {
	// If Promised is true, the server answers a completion of a completed token with 409, and that
	// of an expired token with 410, as the ad platform's documentation promises.
	Promised bool
	// Now is the clock that expires tokens; nil means time.Now.
	Now func() time.Time
}

// Server holds waitpoint tokens. The rules of its fault schedule select requests by the token's id.
type Server struct {
	*fault.Server
	Faults *fault.Schedule
	config Config

	mu     sync.Mutex
	tokens map[string]*entry
}

// Token is the state of a waitpoint token at one moment.
type Token struct {
	ID        string
	URL       capability.URL // URL to which a POST completes the token
	ExpiresAt time.Time
	Completed time.Time // time of the completion; zero if the token is not completed
	Output    []byte    // JSON with which the token was completed; nil if it was not completed
	Received  [][]byte  // body of each POST that arrived completely, in order, even if it did not complete the token
}

// entry is a token, with a channel that is closed when the token is completed.
type entry struct {
	Token
	completed chan struct{}
}

// ErrUnknown means that the server has not made the token.
var ErrUnknown = errors.New("unknown waitpoint token")

// Open starts a server. [fault.Server.Close] stops it.
func Open(config Config) (*Server, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Server{Faults: &fault.Schedule{}, config: config, tokens: map[string]*entry{}}
	mux := http.NewServeMux()
	mux.HandleFunc(pathPrefix+"{id}"+pathSuffix, s.complete)
	var err error
	s.Server, err = fault.Listen(fault.Handler(s.Faults, tokenID, mux))
	if err != nil {
		return nil, fmt.Errorf("waitpoint server: %w", err)
	}
	return s, nil
}

const (
	pathPrefix = "/api/v1/waitpoints/tokens/"
	pathSuffix = "/complete"
)

func tokenID(r *http.Request) string {
	return strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, pathPrefix), pathSuffix)
}

// Create makes a token that can be completed before the time expires.
func (s *Server) Create(expires time.Time) Token {
	id := "waitpoint_" + strings.ToLower(rand.Text())
	address, err := capability.Parse(s.URL() + pathPrefix + id + pathSuffix)
	if err != nil {
		panic("waitpoint URL that does not parse") // cannot happen, because the server itself has composed the URL
	}
	created := &entry{Token: Token{ID: id, URL: address, ExpiresAt: expires}, completed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[id] = created
	return created.Token
}

// Token returns the current state of the token with the given id. It returns ErrUnknown if there is
// no such token.
func (s *Server) Token(id string) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.tokens[id]
	if !ok {
		return Token{}, ErrUnknown
	}
	token := found.Token
	token.Received = slices.Clone(token.Received)
	return token, nil
}

// Wait waits until a token is completed and returns the token. It returns ErrUnknown for an
// unknown token. It fails if ctx ends first.
func (s *Server) Wait(ctx context.Context, id string) (Token, error) {
	s.mu.Lock()
	found, ok := s.tokens[id]
	s.mu.Unlock()
	if !ok {
		return Token{}, ErrUnknown
	}
	select {
	case <-found.completed:
		return s.Token(id)
	case <-ctx.Done():
		return Token{}, fmt.Errorf("waiting for completion: %w", context.Cause(ctx))
	}
}
