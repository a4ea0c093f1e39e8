package coldstart

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"time"
)

// startTimeout is the time limit of one start. Lambda's own limit is ten seconds.
const startTimeout = 10 * time.Second

// launcher starts bootstraps. It serves a runtime API that never returns an event. Therefore a
// bootstrap starts, but never handles an event.
type launcher struct {
	server http.Server
	asked  chan time.Time // receives the time at which each bootstrap first asks for an event
	env    []string
}

func newLauncher(ctx context.Context) (*launcher, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening the runtime API: %w", err)
	}
	l := &launcher{asked: make(chan time.Time, 1)}
	l.env = append(settings(), "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, r *http.Request) {
		l.asked <- time.Now()
		<-r.Context().Done() // never answer: wait until the bootstrap disconnects
	})
	l.server.Handler = mux
	go func() { _ = l.server.Serve(listener) }() // the error is ignored: Serve always returns one when close is called
	return l, nil
}

func (l *launcher) close() { _ = l.server.Close() }

// start starts a bootstrap and stops it as soon as it asks for an event. It returns the time
// between the two.
func (l *launcher) start(ctx context.Context, path string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var printed bytes.Buffer
	cmd := exec.CommandContext(ctx, path)
	cmd.Env, cmd.Stdout, cmd.Stderr = l.env, &printed, &printed
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case at := <-l.asked:
		cancel()
		<-ended
		return at.Sub(began), nil
	case err := <-ended:
		return 0, fmt.Errorf("ended before it asked for work: %w\n%s", err, &printed)
	}
}
