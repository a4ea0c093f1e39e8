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

// errGone means that an idle environment had already ended when it was given an invocation.
// Another environment may run that invocation.
var errGone = errors.New("environment gone")

// environment is one process of a function, with its own Runtime API.
type environment struct {
	cfg     *Config
	arn     string
	process *child.Process
	work    chan *call    // passes an invocation to the runtime when the runtime asks for one
	ready   chan struct{} // closed when the runtime asks for its first invocation
	ended   chan struct{} // closed after the process has ended and all its output was passed on

	mu       sync.Mutex
	begun    bool           // whether the runtime has asked for its first invocation
	current  *call          // call that the process is running; nil while the process runs none
	initFail *FunctionError // error that the runtime reported during its initialisation; nil if it reported none
}

// call is an invocation in an environment.
type call struct {
	Invocation
	deadline time.Time
	over     chan struct{} // closed when the runtime asks for the next call

	answered bool // whether response and err are final; environment.mu guards answered, response and err
	response []byte
	err      *FunctionError
}

// startEnvironment starts a process and waits until it asks for its first invocation. The process
// is killed when the context life ends.
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

// awaitReady waits until the runtime asks for its first invocation. If it returns an error, the
// process has ended.
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

// run passes an invocation to the process. It waits until the process asks for the next invocation
// or ends. If the function's time-out passes first, run kills the process.
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

// settle stores the answer of the call c, and reports whether this is the first answer. Later
// answers are ignored.
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

// freeze stops the process after an invocation. The method thaw continues the process before the
// next invocation. Both do nothing if Freeze is false in the configuration.
func (e *environment) freeze() {
	if e.cfg.Freeze {
		// The error is ignored: it means that the process has ended, and the next invocation
		// detects that.
		_ = e.process.Signal(syscall.SIGSTOP)
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
	_ = e.process.Kill() // the error is ignored: the process has already ended
	<-e.ended
}

// stop sends SIGTERM to the process, and SIGKILL when ctx ends. Before that it continues a frozen
// process, because only a running process can handle SIGTERM.
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
