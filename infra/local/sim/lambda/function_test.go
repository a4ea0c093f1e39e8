package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"masterhand/infra/local/sim/lambda"
)

func TestInvocationCarriesItsContext(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Region = "eu-central-1" })
	before := time.Now().Add(time.Minute)
	response, err := f.Invoke(lambda.Invocation{ID: "an-id", Trace: "Root=1-2-3", Payload: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	var a about
	if err := json.Unmarshal(response, &a); err != nil {
		t.Fatal(err)
	}
	if a.RequestID != "an-id" || a.Trace != "Root=1-2-3" || a.ARN != "arn:aws:lambda:eu-central-1:000000000000:function:subject" {
		t.Errorf("the function was told %+v", a)
	}
	if a.ARN != f.ARN() {
		t.Errorf("ARN is %s, the function was told %s", f.ARN(), a.ARN)
	}
	deadline := time.UnixMilli(a.DeadlineMS)
	if deadline.Before(before.Add(-time.Millisecond)) || deadline.After(time.Now().Add(time.Minute)) {
		t.Errorf("deadline %v is not a minute away", deadline)
	}
}

func TestEnvironmentIsCleanAndComplete(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) {
		c.Environment = map[string]string{"LEDGER_TABLE": "ledger", "AWS_ACCESS_KEY_ID": "key"}
		c.MemoryMB = 512
	})
	a := mustInvoke(t, f, `{}`)
	var names []string
	values := map[string]string{}
	for _, variable := range a.Environment {
		name, value, _ := strings.Cut(variable, "=")
		names = append(names, name)
		values[name] = value
	}
	slices.Sort(names)
	want := []string{
		"AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
		"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_LEVEL", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API",
		"AWS_REGION", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "LEDGER_TABLE", "PATH", "TZ", "_HANDLER", "_X_AMZN_TRACE_ID",
	}
	if !slices.Equal(names, want) {
		t.Errorf("environment has\n%q, want\n%q", names, want)
	}
	for name, want := range map[string]string{
		"LEDGER_TABLE": "ledger", "AWS_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "subject",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO", "LAMBDA_TASK_ROOT": filepath.Dir(bootstrap),
	} {
		if values[name] != want {
			t.Errorf("%s is %q, want %q", name, values[name], want)
		}
	}
	if a.Directory != filepath.Dir(bootstrap) {
		t.Errorf("works in %s", a.Directory)
	}
}

func TestNewRefusesWhatLambdaWould(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := lambda.New(lambda.Config{
		Bootstrap:   plain,
		Environment: map[string]string{"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_REGION": "x"},
	})
	for _, want := range []string{"no name", "not a program", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_REGION"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want it to name %q", err, want)
		}
	}
	if _, err := lambda.New(lambda.Config{Name: "f", Bootstrap: plain + ".missing"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("New with a missing program: %v", err)
	}
}

func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, order, kind, message string
		init                       string
		survives                   bool
	}{
		{name: "handler error", order: `{"do":"error"}`, kind: "errorString", message: "as told", survives: true},
		{name: "panic", order: `{"do":"panic"}`, kind: "string", message: "as told"},
		{name: "exit", order: `{"do":"exit"}`, kind: lambda.TypeExited, message: "exit status 3"},
		{name: "timeout", order: `{"do":"hang"}`, kind: lambda.TypeTimedOut, message: "after 4.00 seconds"},
		{name: "response too large", order: `{"do":"large","size":7000000}`, kind: lambda.TypeResponseTooLarge, message: "6291556 bytes"},
		{name: "exit in init", init: "exit", kind: lambda.TypeExited, message: "exit status 4"},
		{name: "hang in init", init: "hang", kind: lambda.TypeInitTimedOut, message: "after 1.00 seconds"},
		{name: "reported in init", init: "report", kind: "Config.Missing", message: "no table"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFunction(t, func(c *lambda.Config) {
				c.Concurrency = 1
				if test.kind == lambda.TypeTimedOut {
					// Long enough that the first invocation, which does nothing, ends in time even
					// on a busy machine.
					c.Timeout = 4 * time.Second
				}
				if test.init != "" {
					c.Environment = map[string]string{"INIT": test.init}
				}
				if test.init == "hang" {
					c.InitTimeout = time.Second
				}
			})
			var before about
			if test.init == "" {
				before = mustInvoke(t, f, `{}`)
			}
			_, err := invoke(f, test.order)
			fault, ok := errors.AsType[*lambda.FunctionError](err)
			if !ok || fault.Type != test.kind || !strings.Contains(fault.Message, test.message) {
				t.Fatalf("Invoke: %v", err)
			}
			if test.init != "" {
				return
			}
			if after := mustInvoke(t, f, `{}`); (after.PID == before.PID) != test.survives {
				t.Errorf("process %d before, %d after", before.PID, after.PID)
			}
		})
	}
}

func TestBootstrapThatIsNoProgram(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := newFunction(t, func(c *lambda.Config) { c.Bootstrap = path })
	_, err := invoke(f, `{}`)
	if fault, ok := errors.AsType[*lambda.FunctionError](err); !ok || fault.Type != lambda.TypeNotStarted {
		t.Errorf("Invoke: %v", err)
	}
}

func TestTimeoutKillsTheProcess(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	// The time-out is long enough for the function to call the gate g first, even on a busy
	// machine.
	f := newFunction(t, func(c *lambda.Config) { c.Timeout = 4 * time.Second })
	_, err := invoke(f, g.order)
	if fault, ok := errors.AsType[*lambda.FunctionError](err); !ok || fault.Type != lambda.TypeTimedOut {
		t.Fatalf("Invoke: %v", err)
	}
	if err := syscall.Kill(<-g.arrived, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process still there: %v", err)
	}
}

func TestIdleEnvironmentsAreUsedLastFirst(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	f := newFunction(t, nil)
	slow := make(chan error)
	go func() { _, err := invoke(f, g.order); slow <- err }()
	first := <-g.arrived
	second := mustInvoke(t, f, `{}`)
	close(g.open)
	if err := <-slow; err != nil {
		t.Fatal(err)
	}
	if got := mustInvoke(t, f, `{}`).PID; got != first || got == second.PID {
		t.Errorf("process %d was used, want %d and not %d", got, first, second.PID)
	}
	if n := f.Started(); n != 2 {
		t.Errorf("%d environments were started for two invocations at once and one more", n)
	}
}

func TestAnIdleEnvironmentThatEndedIsReplaced(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Concurrency = 1 })
	before := mustInvoke(t, f, `{}`)
	ended := lambda.IdleEnded(f)
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
	if after := mustInvoke(t, f, `{}`); after.PID == before.PID {
		t.Errorf("process %d answered after its death", after.PID)
	}
	if n := f.Started(); n != 2 {
		t.Errorf("%d environments were started, want that which died and its successor", n)
	}
}

func TestManyAtOnceUpToTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 32
	g := newGate(t)
	f := newFunction(t, nil)
	results := make(chan error, limit)
	for range limit {
		go func() { _, err := invoke(f, g.order); results <- err }()
	}
	processes := map[int]bool{}
	for range limit {
		processes[<-g.arrived] = true
	}
	if len(processes) != limit {
		t.Errorf("%d processes ran %d invocations at once", len(processes), limit)
	}
	if _, err := invoke(f, `{}`); !errors.Is(err, lambda.ErrThrottled) {
		t.Errorf("one more: %v", err)
	}
	close(g.open)
	for range limit {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if a := mustInvoke(t, f, `{}`); !processes[a.PID] {
		t.Errorf("process %d was started though %d were idle", a.PID, limit)
	}
}

func TestRuntimeAPIRefusesMisuse(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Environment = map[string]string{"INIT": "raw"} })
	response, err := f.Invoke(lambda.Invocation{Payload: []byte(`{}`)})
	if err != nil || string(response) != "[403,400,400,403,404]" {
		t.Fatalf("the runtime was told %s, %v", response, err)
	}
}

func TestCloseLetsInvocationsEnd(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	f := newFunction(t, nil)
	idle := mustInvoke(t, f, `{}`)
	result, closed := make(chan error, 1), make(chan error, 1)
	go func() { _, err := invoke(f, g.order); result <- err }()
	busy := <-g.arrived
	go func() { closed <- f.Close(context.Background()) }()
	for { // waits until an invocation is rejected, which means that Close has begun
		if _, err := invoke(f, `{}`); errors.Is(err, lambda.ErrClosed) {
			break
		}
	}
	close(g.open)
	if err := <-result; err != nil {
		t.Errorf("the invocation in flight: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, pid := range []int{idle.PID, busy} {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d still there: %v", pid, err)
		}
	}
}

func TestCloseKillsEnvironmentsThatDoNotEnd(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	f := newFunction(t, nil)
	result := make(chan error, 1)
	go func() { _, err := invoke(f, g.order); result <- err }()
	busy := <-g.arrived
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.Close(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	if fault, ok := errors.AsType[*lambda.FunctionError](<-result); !ok || fault.Type != lambda.TypeExited {
		t.Errorf("the invocation in flight: %v", fault)
	}
	if err := syscall.Kill(busy, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d still there: %v", busy, err)
	}
}

// Interrupt must send the signal only to environments that run an invocation. An idle environment,
// and one that handles the signal, must continue to work.
func TestInterruptSignalsOnlyBusyEnvironments(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	close(g.open)
	f := newFunction(t, func(c *lambda.Config) { c.Timeout = time.Minute })
	heed := strings.Replace(g.order, "wait", "heed", 1)
	result := make(chan error, 2)
	for range 2 {
		go func() { _, err := invoke(f, heed); result <- err }()
	}
	first, second := <-g.arrived, <-g.arrived
	f.Interrupt()
	for range 2 {
		if err := <-result; err != nil {
			t.Errorf("the invocation in flight: %v", err)
		}
	}
	f.Interrupt() // must have no effect, because both environments are idle now
	if a := mustInvoke(t, f, `{}`); a.PID != first && a.PID != second {
		t.Errorf("process %d is neither %d nor %d", a.PID, first, second)
	}
}
