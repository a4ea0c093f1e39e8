package lambda

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Account is the AWS account that everything on one machine belongs to.
const Account = "000000000000"

// shutdownGrace is what a runtime has between SIGTERM and SIGKILL.
// Source: the shutdown phase with an internal extension in Lambda's execution environment lifecycle.
const shutdownGrace = 500 * time.Millisecond

// Config says what to run and how.
type Config struct {
	// Name is the function's name, in its ARN and in front of its output. Required.
	Name string
	// Bootstrap is the path of the program, built with the lambda.norpc tag. Required.
	Bootstrap string
	// Environment holds the function's own variables, credentials included. The
	// names that Lambda reserves for itself are refused, but for the credentials.
	Environment map[string]string
	// Region is told to the function; empty means us-east-1.
	Region string
	// MemoryMB is told to the function and not enforced; 0 means 128.
	MemoryMB int
	// Timeout ends an invocation by killing its environment; 0 means 3 s, Lambda's default.
	Timeout time.Duration
	// InitTimeout is the time from start to the first request for work; 0 means
	// 10 s, Lambda's limit.
	InitTimeout time.Duration
	// Concurrency is how many environments there may be at once; 0 means 32.
	Concurrency int
	// Freeze stops an environment's processes between invocations, as Lambda does.
	Freeze bool
	// Output takes what the function prints, as JSON lines that begin with the
	// function's name; nil discards it. Every Write is one whole line; they come
	// from several goroutines at once.
	Output io.Writer
}

// Invocation is one piece of work for a function.
type Invocation struct {
	// ID is the request's id; empty means a new one.
	ID string
	// Trace is the X-Ray trace header; empty means a new one.
	Trace string
	// Payload is the event, a JSON document.
	Payload []byte
}

// Function runs invocations in execution environments that it starts on demand.
type Function struct {
	cfg  Config
	life context.Context // its end kills every environment
	kill context.CancelFunc

	mu       sync.Mutex
	closed   bool
	live     int            // environments that exist or are being started
	started  int            // environments, those that ended included
	idle     []*environment // the one used last at the end
	busy     map[*environment]bool
	inFlight sync.WaitGroup // one for each Invoke that was admitted
}

// New checks cfg and returns a function without environments.
func New(cfg Config) (*Function, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("function %q: %w", cfg.Name, err)
	}
	life, kill := context.WithCancel(context.Background())
	return &Function{cfg: cfg, life: life, kill: kill, busy: map[*environment]bool{}}, nil
}

func (c *Config) complete() error {
	c.Region = cmp.Or(c.Region, "us-east-1")
	c.MemoryMB = cmp.Or(c.MemoryMB, 128)
	c.Timeout = cmp.Or(c.Timeout, 3*time.Second)
	c.InitTimeout = cmp.Or(c.InitTimeout, 10*time.Second)
	c.Concurrency = cmp.Or(c.Concurrency, 32)
	if c.Output == nil {
		c.Output = io.Discard
	}
	var problems []error
	if c.Name == "" {
		problems = append(problems, errors.New("no name"))
	}
	path, err := filepath.Abs(c.Bootstrap)
	if err != nil {
		problems = append(problems, fmt.Errorf("bootstrap path: %w", err))
	} else if info, err := os.Stat(path); err != nil {
		problems = append(problems, fmt.Errorf("bootstrap: %w", err))
	} else if info.IsDir() || info.Mode()&0o111 == 0 {
		problems = append(problems, fmt.Errorf("bootstrap %s: not a program", path))
	}
	c.Bootstrap = path
	for name := range c.Environment {
		if reserved[name] {
			problems = append(problems, fmt.Errorf("environment variable %s: reserved by lambda", name))
		}
	}
	return errors.Join(problems...)
}

// Name returns the function's name.
func (f *Function) Name() string { return f.cfg.Name }

// ARN returns the function's name as AWS writes it.
func (f *Function) ARN() string {
	return "arn:aws:lambda:" + f.cfg.Region + ":" + Account + ":function:" + f.cfg.Name
}

// Invoke runs one invocation and returns the handler's JSON. Errors: a
// *FunctionError, ErrThrottled or ErrClosed. It takes no context, because nothing
// but the function's timeout and Close end an invocation.
func (f *Function) Invoke(in Invocation) ([]byte, error) {
	in.ID = cmp.Or(in.ID, newID())
	in.Trace = cmp.Or(in.Trace, newTrace(time.Now()))
	if err := f.admit(); err != nil {
		return nil, err
	}
	defer f.inFlight.Done()
	for {
		e, err := f.take()
		if err != nil {
			return nil, f.report(in.ID, err)
		}
		response, err := e.run(in)
		f.give(e)
		if !errors.Is(err, errGone) {
			return response, f.report(in.ID, err)
		}
	}
}

// admit counts the caller among those that Close waits for.
func (f *Function) admit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	f.inFlight.Add(1)
	return nil
}

// take returns the environment used last, or starts one if none is idle.
func (f *Function) take() (*environment, error) {
	f.mu.Lock()
	if n := len(f.idle); n > 0 {
		e := f.idle[n-1]
		f.idle = f.idle[:n-1]
		f.busy[e] = true
		f.mu.Unlock()
		return e, nil
	}
	if f.live >= f.cfg.Concurrency {
		f.mu.Unlock()
		return nil, ErrThrottled
	}
	f.live++
	f.started++
	f.mu.Unlock()

	e, err := startEnvironment(f.life, &f.cfg, f.ARN())
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.live--
		if f.life.Err() != nil {
			return nil, ErrClosed
		}
		return nil, err
	}
	f.busy[e] = true
	return e, nil
}

// give takes an environment back, or forgets it if it has ended.
func (f *Function) give(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.busy, e)
	if e.hasEnded() {
		f.live--
		return
	}
	f.idle = append(f.idle, e)
}

// report writes to the output what Lambda itself would log about a failure and
// returns err; what a handler returned, its runtime has printed already.
func (f *Function) report(id string, err error) error {
	fault, ok := errors.AsType[*FunctionError](err)
	if !ok || !fault.ours {
		return err
	}
	line, jsonErr := json.Marshal(struct {
		Function  string `json:"function"`
		RequestID string `json:"requestId"`
		*FunctionError
	}{f.cfg.Name, id, fault})
	if jsonErr == nil {
		_, _ = f.cfg.Output.Write(append(line, '\n'))
	}
	return err
}

// Started returns how many environments there have been: it stays the same while all
// invocations find one that is warm.
func (f *Function) Started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.started
}

// Interrupt sends SIGTERM to the environments that run an invocation, which Lambda
// never does: a function that heeds it gives its work back and answers.
func (f *Function) Interrupt() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := range f.busy {
		_ = e.process.Signal(syscall.SIGTERM) // fails only if it has ended
	}
}

// Close takes no more invocations, lets those in flight end, and ends the
// environments: SIGTERM, then SIGKILL. It returns ctx's error if that ended
// first and the rest had to be killed. On return no process is left.
func (f *Function) Close(ctx context.Context) error {
	defer f.kill()
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	drained := make(chan struct{})
	go func() { f.inFlight.Wait(); close(drained) }()
	var err error
	select {
	case <-drained:
	case <-ctx.Done():
		f.kill()
		<-drained
		err = ctx.Err()
	}
	f.mu.Lock()
	idle := f.idle
	f.idle, f.live = nil, f.live-len(idle)
	f.mu.Unlock()

	grace, cancel := context.WithTimeout(ctx, shutdownGrace)
	defer cancel()
	var stopping sync.WaitGroup
	for _, e := range idle {
		stopping.Go(func() { e.stop(grace) })
	}
	stopping.Wait()
	return err
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace returns an X-Ray trace header for work that begins now.
func newTrace(now time.Time) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("Root=1-%08x-%x", now.Unix(), b)
}
