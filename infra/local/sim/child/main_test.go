package child_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"masterhand/infra/local/sim/child"
)

// role is an environment variable. A test sets it when it starts the test binary again as another
// process; the value says what that process does.
const role = "CHILD_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "bound", "watched", "loose":
		beParent(os.Getenv(role))
	case "parent of orphan":
		beParentOfOrphan()
	case "orphan":
		beOrphan()
	}
}

// echo returns a command that copies what it reads from descriptor 3 to descriptor 4. A test that
// holds the other ends of these pipes can write a line and see whether the command still copies it.
func echo(in, out *os.File) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", "exec cat <&3 >&4")
	cmd.ExtraFiles = []*os.File{in, out}
	return cmd
}

// beParent plays a parent process: it starts an echo process, and then waits until it is killed.
// The parameter how selects how the echo process is bound to its parent.
func beParent(how string) {
	out := os.NewFile(4, "out")
	cmd := echo(os.NewFile(3, "in"), out)
	var err error
	switch how {
	case "bound":
		_, err = child.Start(cmd)
	case "watched":
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err = cmd.Start(); err == nil {
			_, err = child.Watch(cmd.Process.Pid)
		}
	default:
		err = cmd.Start()
	}
	fmt.Fprintln(out, "ready")
	block(err)
}

func beParentOfOrphan() {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"=orphan")
	cmd.ExtraFiles = []*os.File{os.NewFile(3, "in"), os.NewFile(4, "out")}
	block(cmd.Start())
}

func beOrphan() {
	ctx, cancel := child.WithParent(context.Background(), time.Millisecond)
	defer cancel()
	out := os.NewFile(4, "out")
	fmt.Fprintln(out, "ready")
	<-ctx.Done()
	fmt.Fprintln(out, context.Cause(ctx))
}

// block ends the process if err is not nil. Otherwise it waits until the process is killed. It
// waits on a timer, because the Go runtime would end a program whose goroutines are all blocked.
// The process must stay alive at least until its child has checked which process its parent is.
func block(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-time.After(time.Hour)
}
