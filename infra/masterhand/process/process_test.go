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

// patience limits each wait of a test.
const patience = 90 * time.Second

// process is a running command.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	temporary      string        // folder for its temporary folders
	ended          chan struct{} // closed when the process has ended
}

// output is what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{} // buffered for one value, which means that output was added
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

// start starts the command in a folder. The end of the test kills it.
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
	cmd.WaitDelay = 5 * time.Second // in case a child process keeps the pipes open
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait() // ProcessState has the result
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // Kill fails only if the process has ended
		<-p.ended
		if t.Failed() {
			t.Logf("%v printed:\n%s", cmd.Args[1:], p.stderr)
		}
	})
	return p
}

// line waits for the first line on standard output and returns it.
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

// said waits until this text is on standard error.
func (p *process) said(t *testing.T, what string) {
	t.Helper()
	eventually(t, "it says "+what, func(context.Context) bool { return strings.Contains(p.stderr.String(), what) })
}

// wait waits for the end of the process and returns its exit code, or -1 if a signal ended it.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// signal sends a signal to the process, but not to its children.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// wantNothingLeft fails the test if the process has left a temporary folder.
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

// wantGone fails the test unless all these processes end soon.
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
