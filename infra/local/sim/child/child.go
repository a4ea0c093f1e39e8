// Package child starts processes that end with this one. A program that runs services and
// functions as child processes must never leave one of them behind, in whatever way the program
// ends.
//
// Invariants:
//   - A child ends when this process ends, even if this process is killed by SIGKILL. On Linux,
//     the kernel's parent-death signal ends the child; elsewhere, a watchdog shell does.
//   - A child leads its own process group. A terminal's Ctrl-C thus reaches only this process,
//     which then stops its children in order; and a signal to a child reaches the processes that
//     the child has started.
//   - On Linux no signal is ever sent to a process id that has been reaped. Elsewhere this is
//     possible for an instant.
//
// Kill and Stop also end the processes that the child has started. On Linux, these processes also
// end when the child ends while this process lives. But if this process is killed, Linux kills only
// the child: a process that the child has started must itself notice that the child has ended.
//
// Example:
//
//	node, err := child.Start(exec.Command("node", "queue.mjs"))
//	if err != nil {
//		return err
//	}
//	defer node.Stop(ctx) // SIGTERM; SIGKILL once ctx ends
package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// outputGrace is how long the output of a child is still read after the child has ended. That
// matters only if a process that the child started still holds the pipe.
const outputGrace = 2 * time.Second

// Process is a child process that was started.
type Process struct {
	pid  int
	done chan struct{} // closed after the child is reaped; after that, err does not change
	err  error

	mu     sync.Mutex
	reaped bool
}

// Start starts cmd as the leader of a new process group that ends with this process. It waits for
// the child in the background, so the caller must not call cmd.Wait. It keeps process attributes
// that the caller has set. If cmd was made by exec.CommandContext, the whole group is killed when
// the context ends.
func Start(cmd *exec.Cmd) (*Process, error) {
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = outputGrace
	}
	p := &Process{done: make(chan struct{})}
	if cmd.Cancel != nil {
		cmd.Cancel = p.Kill
	}
	started := make(chan error)
	go p.run(cmd, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return p, nil
}

// run starts the child and waits for it on one operating-system thread. Linux sends the
// parent-death signal when the thread that started the child ends, so that thread must live as
// long as the child.
func (p *Process) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	p.mu.Lock() // locked until pid is set: a cancelled context must not call Kill before that
	release, err := bind(cmd)
	if err == nil {
		p.pid = cmd.Process.Pid
	}
	p.mu.Unlock()
	started <- err
	if err != nil {
		return
	}
	p.err = p.reap(cmd)
	release()
	close(p.done)
}

// PID returns the child's process id, which is also the id of its group.
func (p *Process) PID() int { return p.pid }

// Done returns a channel that is closed after the child has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err waits for the child's end and returns the result of exec.Cmd's Wait: nil for exit code 0,
// otherwise an *exec.ExitError.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends sig to the child's group. It returns os.ErrProcessDone if the child has ended.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped || p.pid == 0 {
		return os.ErrProcessDone
	}
	err := syscall.Kill(-p.pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// Kill sends SIGKILL to the child's group and does not wait for its end.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }

// Stop sends SIGTERM to the child's group, sends SIGKILL when ctx ends, and waits for the child's
// end. It returns ctx's error if it had to kill the child. [Process.Err] returns how the child
// exited.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping process %d: %w", p.pid, err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing process %d: %w", p.pid, err)
	}
	<-p.done
	return ctx.Err()
}
