package child_test

import (
	"os"
	"os/exec"
	"testing"
)

// When a child ends, even by a crash, the processes that the child started must end, too.
func TestGrandchildEndsWithTheChild(t *testing.T) {
	t.Parallel()
	w, in, out, hangUp := pipes(t)
	cmd := exec.Command("/bin/sh", "-c", "cat <&3 >&4 & read -r _")
	cmd.ExtraFiles = []*os.File{in, out}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, cmd)
	hangUp()
	w.mustEcho(t, "alive")
	stdin.Close()
	<-p.Done()
	w.mustEnd(t)
}
