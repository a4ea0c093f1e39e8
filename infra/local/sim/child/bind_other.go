//go:build unix && !linux

package child

import "os/exec"

// bind makes cmd the leader of a new process group, and starts a watchdog that kills the group
// when this process ends.
func bind(cmd *exec.Cmd) (release func(), err error) {
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	release, err = watch(cmd.Process.Pid)
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	return release, nil
}

// reap waits until the child has ended and reaps it.
func (p *Process) reap(cmd *exec.Cmd) error {
	err := cmd.Wait()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	return err
}
