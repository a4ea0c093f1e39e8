package child

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// watchdog is a shell script that reads a pipe to which only this process writes. If it reads a
// line, the group has already ended, and the script just ends. If the pipe is closed without a
// line, this process has ended, and the script kills the group.
const watchdog = `read -r _ || kill -s KILL -- "-$1"`

// watch starts a shell that kills the process group pgid when this process ends. The caller must
// call release after the group has ended. The function release stops the shell.
func watch(pgid int) (release func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("watchdog pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", watchdog, "watchdog", strconv.Itoa(pgid))
	cmd.Stdin = r
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("starting watchdog: %w", err)
	}
	return func() {
		_, _ = w.WriteString("\n")
		w.Close()
		_ = cmd.Wait()
	}, nil
}

// ownGroup makes cmd the leader of a new process group. It returns the process attributes of cmd.
func ownGroup(cmd *exec.Cmd) *syscall.SysProcAttr {
	attr := new(syscall.SysProcAttr)
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	attr.Setpgid, attr.Pgid = true, 0
	cmd.SysProcAttr = attr
	return attr
}
