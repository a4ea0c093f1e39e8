package child

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// bind starts cmd in a group of its own with the kernel's promise to kill it
// when the calling thread ends.
func bind(cmd *exec.Cmd) (release func(), err error) {
	attr := ownGroup(cmd)
	attr.Pdeathsig = syscall.SIGKILL
	return func() {}, cmd.Start()
}

// reap waits for the child's end, ends what is left of its group while the
// unreaped child still keeps the group's id from being given away, and reaps.
func (p *Process) reap(cmd *exec.Cmd) error {
	for errors.Is(unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	_ = p.Kill()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	return cmd.Wait()
}
