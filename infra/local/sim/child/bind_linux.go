package child

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// bind makes cmd the leader of a new process group. The kernel kills cmd when the thread that
// called bind ends.
func bind(cmd *exec.Cmd) (release func(), err error) {
	attr := ownGroup(cmd)
	attr.Pdeathsig = syscall.SIGKILL
	return func() {}, cmd.Start()
}

// reap waits until the child has ended, kills the rest of the child's group, and only then reaps
// the child. Until the child is reaped, the kernel cannot use the id of the group again.
func (p *Process) reap(cmd *exec.Cmd) error {
	for errors.Is(unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	_ = p.Kill()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	return cmd.Wait()
}
