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

// Account is the AWS account id in the ARNs of all local resources.
const Account = "000000000000"

// shutdownGrace is the time between SIGTERM and SIGKILL for a process at its end. Source: the
// shutdown phase with an internal extension in Lambda's execution environment lifecycle.
const shutdownGrace = 500 * time.Millisecond

// Config describes a function.
type Config struct {
	// Name is the function's name in its ARN and in its log lines. Required.
	Name string
	// Bootstrap is the path of the program, which must be built with the tag lambda.norpc.
	// Required.
	Bootstrap string
	// Environment holds the function's own environment variables, including AWS credentials. A
	// name that Lambda reserves is an error, except the names of the credentials.
	Environment map[string]string
	// Region is the AWS region that the function gets in its environment; "" means us-east-1.
	Region string
	// MemoryMB is the memory size that the function gets in its environment. It is not enforced. 0
	// means 128.
	MemoryMB int
	// Timeout is the maximum duration of an invocation. After that, the environment is killed. 0
	// means 3 s, Lambda's default.
	Timeout time.Duration
	// InitTimeout is the maximum time from the start of a process until it asks for its first
	// invocation; 0 means 10 s, Lambda's limit.
	InitTimeout time.Duration
	// Concurrency is the maximum number of environments; 0 means 32.
	Concurrency int
	// Freeze says whether the process of an environment is stopped between invocations, as Lambda
	// does.
	Freeze bool
	// Output receives the function's output as JSON lines that begin with the function's name; nil
	// discards the output. Each call of Write passes one whole line. Several goroutines call Write
	// at the same time.
	Output io.Writer
}

// Invocation is one call of a function.
type Invocation struct {
	// ID is the id of the invocation; "" means a new id.
	ID string
	// Trace is the X-Ray trace header; "" means a new header.
	Trace string
	// Payload is the event, a JSON document.
	Payload []byte
}

// Function runs invocations in execution environments that it starts on demand.
type Function struct {
	cfg  Config
	life context.Context // when life ends, every environment is killed
	kill context.CancelFunc

	mu       sync.Mutex
	closed   bool
	live     int            // number of environments that exist or are being started
	started  int            // number of environments that were started, ended ones included
	idle     []*environment // idle environments; the last one was used most recently
	busy     map[*environment]bool
	inFlight sync.WaitGroup // counts the running calls of Invoke that were admitted
}

// New checks cfg and returns a function that has no environments yet.
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

// ARN returns the function's ARN.
func (f *Function) ARN() string {
	return "arn:aws:lambda:" + f.cfg.Region + ":" + Account + ":function:" + f.cfg.Name
}

// Invoke runs one invocation and returns the handler's JSON. It returns a *FunctionError,
// ErrThrottled or ErrClosed. It takes no context, because only the function's timeout and Close
// end an invocation.
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

// admit counts the caller among the calls for which Close waits. It fails if the function is
// closed.
func (f *Function) admit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	f.inFlight.Add(1)
	return nil
}

// take returns the idle environment that was used most recently. If there is none, it starts an
// environment.
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

// give makes an environment idle after an invocation. It drops an environment that has ended.
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

// report writes the log line that Lambda writes about a failed invocation, and returns err. It
// writes no line about an error of the handler, because the runtime has already printed that
// error.
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

// Started returns the number of environments that were started. It stays the same while all
// invocations find a warm environment.
func (f *Function) Started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.started
}

// Interrupt sends SIGTERM to the environments that run an invocation. Lambda never does this. A
// function that handles the signal can then release its work and answer.
func (f *Function) Interrupt() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for e := range f.busy {
		_ = e.process.Signal(syscall.SIGTERM) // an error means that the process has already ended: nothing to do
	}
}

// Close rejects new invocations, waits for the running ones and stops the environments: first
// with SIGTERM, then with SIGKILL. If ctx ends while invocations are running, it kills all
// environments at once and returns ctx's error. Afterwards no process is left.
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
	_, _ = rand.Read(b[:]) // the error is ignored: reading random bytes never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace returns an X-Ray trace header with the given start time.
func newTrace(now time.Time) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // the error is ignored: reading random bytes never fails
	return fmt.Sprintf("Root=1-%08x-%x", now.Unix(), b)
}
