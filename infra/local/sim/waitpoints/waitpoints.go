// Package waitpoints plays Trigger.dev's waitpoint tokens: the far end of the
// completion callback.
//
// It behaves as the real server does, not as the pages about it promise: it
// answers 200 to whatever it understands, a token that was completed or has
// expired included, and completes a token with {} when the body is no JSON. The
// invariant: the first completion wins, for good.
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

// Config says how a server behaves. The zero value is the real one.
type Config struct {
	// Promised makes it answer 409 for a completed token and 410 for an expired one,
	// as the platform's page promises and the real server does not.
	Promised bool
	// Now is the clock that expires tokens; nil is time.Now.
	Now func() time.Time
}

// Server holds waitpoint tokens. Its faults are keyed by token id.
type Server struct {
	*fault.Server
	Faults *fault.Schedule
	config Config

	mu     sync.Mutex
	tokens map[string]*entry
}

// Token is a waitpoint token as it is at one moment.
type Token struct {
	ID        string
	URL       capability.URL // completes it
	ExpiresAt time.Time
	Completed time.Time // zero: not completed
	Output    []byte    // what completed it
	Received  [][]byte  // every body that came whole, in order, the refused ones included
}

// entry is a token and who waits for it.
type entry struct {
	Token
	completed chan struct{}
}

// ErrUnknown is a token that the server did not make.
var ErrUnknown = errors.New("unknown waitpoint token")

// Open starts a server. [fault.Server.Close] ends it.
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

// Create makes a token that can be completed until it expires.
func (s *Server) Create(expires time.Time) Token {
	id := "waitpoint_" + strings.ToLower(rand.Text())
	address, err := capability.Parse(s.URL() + pathPrefix + id + pathSuffix)
	if err != nil {
		panic("waitpoint URL that does not parse") // made of nothing foreign
	}
	created := &entry{Token: Token{ID: id, URL: address, ExpiresAt: expires}, completed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[id] = created
	return created.Token
}

// Token returns a token as it is now. Errors: ErrUnknown.
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

// Wait returns a token once it has been completed. Errors: ErrUnknown; what ended ctx.
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
