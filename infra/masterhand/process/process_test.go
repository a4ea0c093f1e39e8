package process_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"masterhand/infra/local/scenario/scenariotest"
)

// patience is the time limit of each wait in a test.
const patience = 90 * time.Second

// process is a running masterhand command.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	temporary      string        // folder in which the process makes its temporary folders
	ended          chan struct{} // closed as soon as the process has ended
}

// output holds what a process has printed to one of its outputs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{} // gets a value when the process prints; keeps at most one value
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start starts the command in a folder. At the end of the test, the process is killed.
func start(t *testing.T, folder string, args ...string) *process {
	t.Helper()
	return begin(t, exec.Command(program, args...), folder)
}

func begin(t *testing.T, cmd *exec.Cmd, folder string) *process {
	t.Helper()
	p := &process{
		cmd: cmd, temporary: t.TempDir(), ended: make(chan struct{}),
		stdout: &output{grew: make(chan struct{}, 1)}, stderr: &output{grew: make(chan struct{}, 1)},
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr = folder, p.stdout, p.stderr
	cmd.Env = append(os.Environ(), "TMPDIR="+p.temporary)
	// Child processes may keep the pipes open after the process has ended. Wait then returns at
	// the latest 5 s after that end.
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // the error is ignored: ProcessState has the exit code
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // the error is ignored: Kill fails only if the process has already ended
		<-p.ended
		if t.Failed() {
			t.Logf("%v printed:\n%s", cmd.Args[1:], p.stderr)
		}
	})
	return p
}

// line waits for the first line on standard output, and returns the line.
func (p *process) line(t *testing.T) string {
	t.Helper()
	late := time.After(patience)
	for {
		if line, _, whole := strings.Cut(p.stdout.String(), "\n"); whole {
			return line
		}
		select {
		case <-p.stdout.grew:
		case <-p.ended:
			t.Fatalf("ended before it was up: %v", p.cmd.ProcessState)
		case <-late:
			t.Fatal("not up in time")
		}
	}
}

// said waits until the process has printed this text to standard error.
func (p *process) said(t *testing.T, what string) {
	t.Helper()
	eventually(t, "it says "+what, func(context.Context) bool { return strings.Contains(p.stderr.String(), what) })
}

// wait waits until the process has ended, and returns its exit code. If a signal ended it, the code
// is -1.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// signal sends a signal to the process itself, but not to its child processes.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wantNothingLeft fails the test if a temporary folder of the process still exists.
func (p *process) wantNothingLeft(t *testing.T) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(p.temporary, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// family returns the process and all its descendants. It needs /proc, so it works on Linux only.
func (p *process) family(t *testing.T) []identity {
	t.Helper()
	all, err := processes()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no /proc to tell which processes there are")
	}
	if err != nil {
		t.Fatal(err)
	}
	var family []identity
	for _, candidate := range all {
		for at := candidate; at.pid > 0; at = all[at.parent] {
			if at.pid == p.cmd.Process.Pid {
				family = append(family, candidate)
				break
			}
		}
	}
	return family
}

// wantGone fails the test unless all processes of the family end soon.
func wantGone(t *testing.T, family []identity) {
	t.Helper()
	eventually(t, "all processes end", func(context.Context) bool {
		all, err := processes()
		if err != nil {
			t.Fatal(err)
		}
		for _, member := range family {
			if now, there := all[member.pid]; there && now.began == member.began && !now.dead {
				return false
			}
		}
		return true
	})
}

var eventually = scenariotest.Eventually
