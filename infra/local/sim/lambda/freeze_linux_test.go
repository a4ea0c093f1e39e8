package lambda_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/sim/lambda"
)

func TestFreeze(t *testing.T) {
	t.Parallel()
	for _, freeze := range []bool{true, false} {
		t.Run(strconv.FormatBool(freeze), func(t *testing.T) {
			t.Parallel()
			f := newFunction(t, func(c *lambda.Config) { c.Freeze = freeze })
			first := mustInvoke(t, f, `{}`)
			if freeze {
				awaitStopped(t, first.PID)
			} else if stopped(t, first.PID) {
				t.Error("the process is stopped though it should not be")
			}
			if second := mustInvoke(t, f, `{}`); second.PID != first.PID {
				t.Errorf("process %d after %d", second.PID, first.PID)
			}
			if err := f.Close(context.Background()); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// awaitStopped waits until a process is stopped (SIGSTOP). It reads the state of the process again
// and again, because the kernel notifies only the parent of a stopped process.
func awaitStopped(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if stopped(t, pid) {
			return
		}
		<-tick.C
	}
	t.Fatal("the process is not stopped")
}

func stopped(t *testing.T, pid int) bool {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "T")
}
