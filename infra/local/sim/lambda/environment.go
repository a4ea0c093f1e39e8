package lambda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"masterhand/infra/local/sim/child"
)

// errGone means that an idle environment ended before it was given its work, so
// that the work may be given to another one.
var errGone = errors.New("environment gone")

// environment is one process of a function and the Runtime API it talks to.
type environment struct {
	cfg     *Config
	arn     string
	process *child.Process
	work    chan *call    // hands a call to the request that waits for one
	ready   chan struct{} // closed by the first request for work
	ended   chan struct{} // closed once the process is gone and its output passed on

	mu       sync.Mutex
	begun    bool           // work has been asked for
	current  *call          // from its hand-over until the next one is asked for
	initFail *FunctionError // what the runtime reported before it got ready
}

// call is an invocation on its way through an environment.
type call struct {
	Invocation
	deadline time.Time
	over     chan struct{} // closed when the runtime asks for more work

	answered bool // response and err are final; all three guarded by environment.mu
	response []byte
	err      *FunctionError
}

// startEnvironment starts a process and waits until it asks for work. The end of
// life kills it.
func startEnvironment(life context.Context, cfg *Config, arn string) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault(TypeNotStarted, "runtime api: "+err.Error())
	}
	e := &environment{
		cfg:   cfg,
		arn:   arn,
		work:  make(chan *call),
		ready: make(chan struct{}),
		ended: make(chan struct{}),
	}
	server := &http.Server{Handler: e.runtimeAPI(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()

	output := newLines(cfg.Name, cfg.Output)
	cmd := exec.CommandContext(life, cfg.Bootstrap)
	cmd.Dir = filepath.Dir(cfg.Bootstrap)
	cmd.Env = cfg.variables(listener.Addr().String())
	cmd.Stdout, cmd.Stderr = output, output
	if e.process, err = child.Start(cmd); err != nil {
		server.Close()
		return nil, fault(TypeNotStarted, err.Error())
	}
	go func() {
		<-e.process.Done()
		output.flush()
		server.Close()
		close(e.ended)
	}()
	return e, e.awaitReady()
}

// awaitReady waits for the first request for work. On an error the process is gone.
func (e *environment) awaitReady() error {
	timer := time.NewTimer(e.cfg.InitTimeout)
	defer timer.Stop()
	select {
	case <-e.ready:
		return nil
	case <-timer.C:
		e.destroy()
		return fault(TypeInitTimedOut, fmt.Sprintf("init timed out after %.2f seconds", e.cfg.InitTimeout.Seconds()))
	case <-e.ended:
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.initFail != nil {
			return e.initFail
		}
		return exited(e.process.Err())
	}
}

// run gives an invocation to the process and waits until that asks for more, has
// ended, or has had its time and been killed.
func (e *environment) run(in Invocation) ([]byte, error) {
	if e.hasEnded() {
		return nil, errGone
	}
	if err := e.thaw(); err != nil {
		<-e.ended
		return nil, errGone
	}
	c := &call{Invocation: in, deadline: time.Now().Add(e.cfg.Timeout), over: make(chan struct{})}
	timer := time.NewTimer(e.cfg.Timeout)
	defer timer.Stop()
	select {
	case e.work <- c:
	case <-e.ended:
		return nil, errGone
	case <-timer.C:
		e.destroy()
		return nil, timedOut(e.cfg.Timeout)
	}
	select {
	case <-c.over:
		e.freeze()
	case <-e.ended:
		e.settle(c, nil, exited(e.process.Err()))
	case <-timer.C:
		e.destroy()
		e.settle(c, nil, timedOut(e.cfg.Timeout))
	}
	return e.outcome(c)
}

// settle gives c its answer and tells whether it had none before.
func (e *environment) settle(c *call, response []byte, err *FunctionError) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.answered {
		return false
	}
	c.answered, c.response, c.err = true, response, err
	return true
}

func (e *environment) outcome(c *call) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	return c.response, nil
}

// freeze and thaw stop and continue the process around an invocation, if the
// function is configured so.
func (e *environment) freeze() {
	if e.cfg.Freeze {
		_ = e.process.Signal(syscall.SIGSTOP) // an ended process is found by the next one to use it
	}
}

func (e *environment) thaw() error {
	if !e.cfg.Freeze {
		return nil
	}
	return e.process.Signal(syscall.SIGCONT)
}

// destroy kills the process and waits for its end.
func (e *environment) destroy() {
	_ = e.process.Kill() // fails only if it has ended
	<-e.ended
}

// stop ends the process with SIGTERM, and with SIGKILL once ctx is over. A frozen
// process has to be continued to notice the first.
func (e *environment) stop(ctx context.Context) {
	_ = e.process.Signal(syscall.SIGTERM)
	_ = e.thaw()
	_ = e.process.Stop(ctx)
	<-e.ended
}

func (e *environment) hasEnded() bool {
	select {
	case <-e.ended:
		return true
	default:
		return false
	}
}
