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

// startTimeout is the longest that one start may take. Lambda allows ten seconds.
const startTimeout = 10 * time.Second

// launcher starts bootstraps against a runtime API that never returns work.
type launcher struct {
	server http.Server
	asked  chan time.Time // receives the time of each bootstrap's first request for work
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
		<-r.Context().Done() // there is never any work, so wait until the client leaves
	})
	l.server.Handler = mux
	go func() { _ = l.server.Serve(listener) }() // Serve returns when close is called
	return l, nil
}

func (l *launcher) close() { _ = l.server.Close() }

// start runs a bootstrap until it asks for work, and returns the time until then.
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
