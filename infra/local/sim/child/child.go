// Package child starts processes that end with this one.
//
// The job: a program that runs services and functions as child processes must
// never leave one behind, however it ends itself.
//
// Invariants:
//   - A child ends when this process ends, SIGKILL included: on Linux the kernel
//     sees to it (a parent-death signal), elsewhere a watchdog shell does.
//   - A child leads a process group of its own, so that a terminal's Ctrl-C
//     reaches this process alone, which then stops its children in order, and
//     signals reach what the child has started itself.
//   - On Linux no signal is ever sent to a process id that has been reaped;
//     elsewhere there is an instant in which one could be.
//
// What a child has started itself ends with the child's group: at Kill and Stop,
// and on Linux whenever the child ends while this process lives. If this process
// is killed, Linux ends only the child itself; a grandchild has to notice.
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

// outputGrace is how long a child's output is read on after its end, where
// something that outlived it still holds the pipe.
const outputGrace = 2 * time.Second

// Process is a started child.
type Process struct {
	pid  int
	done chan struct{} // closed once reaped; err is final then
	err  error

	mu     sync.Mutex
	reaped bool
}

// Start starts cmd as the leader of a new process group whose life is bound to
// this process, and waits for it in the background: the caller never calls
// cmd.Wait. Process attributes set by the caller are kept; a command made by
// exec.CommandContext is killed with its whole group.
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

// run starts the child and waits for it on one thread. Linux sends the
// parent-death signal when the thread that forked ends, so that thread must live
// as long as the child; it would be blocked in the wait anyway.
func (p *Process) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	p.mu.Lock() // a cancelled context must not call Kill before pid is set
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

// PID returns the child's process id, which is its group's id as well.
func (p *Process) PID() int { return p.pid }

// Done is closed once the child has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err waits for the child's end and returns what exec.Cmd's Wait returned: nil
// for exit code 0, an *exec.ExitError otherwise.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends sig to the child's group. It returns os.ErrProcessDone if the
// child has ended.
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

// Kill sends SIGKILL to the child's group, without waiting for its end.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }

// Stop asks the child's group to end with SIGTERM, ends it with SIGKILL once ctx
// is over, and waits for the end. It returns ctx's error if it had to kill; how
// the child exited is Err's to tell.
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
