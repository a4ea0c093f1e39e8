package child

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// bind starts cmd in its own process group. The kernel kills cmd when the calling thread ends.
func bind(cmd *exec.Cmd) (release func(), err error) {
	attr := ownGroup(cmd)
	attr.Pdeathsig = syscall.SIGKILL
	return func() {}, cmd.Start()
}

// reap waits for the child's end and kills the rest of its group before it reaps the child. Until
// then the kernel cannot reuse the group's id.
func (p *Process) reap(cmd *exec.Cmd) error {
	for errors.Is(unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	_ = p.Kill()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	return cmd.Wait()
}
