package child_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"masterhand/infra/local/sim/child"
)

// wires holds the test's ends of two pipes to an echo process. While the echo process lives, it
// copies what it reads from one pipe to the other pipe.
type wires struct {
	to   *os.File
	from *bufio.Reader
}

// pipes makes two pipes to an echo process. It returns the test's ends in w, and the process's ends
// in and out. When the process has started, the test must call hangUp, which closes the test's
// copies of in and out.
func pipes(t *testing.T) (w wires, in, out *os.File, hangUp func()) {
	t.Helper()
	in, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close(); from.Close() })
	return wires{to, bufio.NewReader(from)}, in, out, func() { in.Close(); out.Close() }
}

func (w wires) mustEcho(t *testing.T, line string) {
	t.Helper()
	if _, err := w.to.WriteString(line + "\n"); err != nil {
		t.Fatalf("writing to the echo: %v", err)
	}
	if got, err := w.from.ReadString('\n'); got != line+"\n" {
		t.Fatalf("echo answered %q, %v; want %q", got, err, line)
	}
}

// mustEnd waits until every process that can write to the pipe from the echo process has closed it.
// It fails the test if more output arrives through the pipe before that.
func (w wires) mustEnd(t *testing.T) {
	t.Helper()
	if rest, err := io.ReadAll(w.from); err != nil || len(rest) > 0 {
		t.Fatalf("output after the end: %q, %v", rest, err)
	}
}

// startRole starts the test binary again, as a parent process that the test can kill. The name
// selects what this parent process does.
func startRole(t *testing.T, name string) (*exec.Cmd, wires) {
	t.Helper()
	w, in, out, hangUp := pipes(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+name)
	cmd.ExtraFiles = []*os.File{in, out}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hangUp()
	if got, err := w.from.ReadString('\n'); got != "ready\n" {
		t.Fatalf("%s said %q, %v", name, got, err)
	}
	return cmd, w
}

func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

func TestChildEndsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"bound", "watched"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			parent, w := startRole(t, how)
			w.mustEcho(t, "alive")
			kill(t, parent)
			w.mustEnd(t)
		})
	}
}

// A child that is started without package child must outlive its parent. Otherwise
// TestChildEndsWhenItsParentIsKilled would prove nothing.
func TestPlainChildOutlivesItsParent(t *testing.T) {
	t.Parallel()
	parent, w := startRole(t, "loose")
	w.mustEcho(t, "alive")
	kill(t, parent)
	w.mustEcho(t, "still alive")
	w.to.Close()
	w.mustEnd(t)
}

func TestContextEndsWithTheParent(t *testing.T) {
	t.Parallel()
	parent, w := startRole(t, "parent of orphan")
	kill(t, parent)
	if got, _ := w.from.ReadString('\n'); got != child.ErrOrphaned.Error()+"\n" {
		t.Fatalf("orphan said %q", got)
	}
}

func TestReleasedWatchdogLetsTheGroupLive(t *testing.T) {
	t.Parallel()
	w, in, out, hangUp := pipes(t)
	p := start(t, echo(in, out))
	hangUp()
	release, err := child.Watch(p.PID())
	if err != nil {
		t.Fatal(err)
	}
	release()
	w.mustEcho(t, "alive")
}

func start(t *testing.T, cmd *exec.Cmd) *child.Process {
	t.Helper()
	p, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill(); <-p.Done() })
	return p
}

func TestStop(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	tests := []struct {
		name, script string
		ctx          context.Context
		err          error
		signal       syscall.Signal
	}{
		{"ends when asked", `trap 'exit 0' TERM; echo ready; cat <&3 >&4 & wait`, t.Context(), nil, 0},
		{"has no handler", `echo ready; exec cat <&3 >&4`, t.Context(), nil, syscall.SIGTERM},
		{"does not listen", `trap '' TERM; echo ready; exec cat <&3 >&4`, over, context.Canceled, syscall.SIGKILL},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, in, out, hangUp := pipes(t)
			cmd := exec.Command("/bin/sh", "-c", test.script+"\n")
			cmd.ExtraFiles = []*os.File{in, out}
			ready, stdout := io.Pipe()
			cmd.Stdout = stdout
			p := start(t, cmd)
			hangUp()
			if line, err := bufio.NewReader(ready).ReadString('\n'); line != "ready\n" {
				t.Fatalf("script said %q, %v", line, err)
			}
			if err := p.Stop(test.ctx); !errors.Is(err, test.err) {
				t.Errorf("Stop: %v, want %v", err, test.err)
			}
			if got := endSignal(t, p); got != test.signal {
				t.Errorf("ended by signal %d, want %d", got, test.signal)
			}
			w.mustEnd(t)
		})
	}
}

// endSignal returns the signal that ended p, or 0 if p exited with code 0.
func endSignal(t *testing.T, p *child.Process) syscall.Signal {
	t.Helper()
	err := p.Err()
	if err == nil {
		return 0
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		t.Fatalf("ended with %v", err)
	}
	return exit.Sys().(syscall.WaitStatus).Signal()
}

func TestCommandContextKillsTheGroup(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w, in, out, hangUp := pipes(t)
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "cat <&3 >&4 & wait")
	cmd.ExtraFiles = []*os.File{in, out}
	p := start(t, cmd)
	hangUp()
	w.mustEcho(t, "alive")
	cancel()
	<-p.Done()
	w.mustEnd(t)
}

func TestEndedChildTakesNoSignals(t *testing.T) {
	t.Parallel()
	p := start(t, exec.Command("/bin/sh", "-c", "exit 3"))
	if exit, ok := errors.AsType[*exec.ExitError](p.Err()); !ok || exit.ExitCode() != 3 {
		t.Fatalf("ended with %v, want exit code 3", p.Err())
	}
	if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("Signal: %v", err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func TestStartReportsAMissingProgram(t *testing.T) {
	t.Parallel()
	_, err := child.Start(exec.Command("./no such program"))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "no such program") {
		t.Fatalf("Start: %v", err)
	}
}
