package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/fault"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/s3test"
	"masterhand/infra/local/sim/servicestest"
)

// No process that "up" starts outlives "up", whatever ends "up".
func TestNothingOutlivesUp(t *testing.T) {
	t.Parallel()
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		r := up(t)
		family := r.family(t)
		r.signal(t, syscall.SIGKILL)
		r.wait(t)
		wantGone(t, family)
		// The next "up" removes the temporary files that the killed "up" left. Then it fails before
		// it builds anything, because the file none.json does not exist.
		next := exec.Command(program, "up", "--destinations", "none.json")
		next.Dir, next.Env = root(t), append(os.Environ(), "TMPDIR="+r.process.temporary)
		if out, err := next.CombinedOutput(); err == nil {
			t.Errorf("the next run went well: %s", out)
		}
		r.wantNothingLeft(t) // no temporary files may be left, because they could contain secrets
	})
	t.Run("its parent killed", func(t *testing.T) {
		t.Parallel()
		servicestest.Root(t)
		// The shell is a parent process that, like "go run", does not pass signals on to "up".
		shell := exec.Command("/bin/sh", "-c", `"$0" up --json & wait`, program)
		r := reached(t, begin(t, shell, root(t)))
		family := r.family(t)
		if len(family) < 5 {
			t.Errorf("%d processes are too few", len(family))
		}
		r.signal(t, syscall.SIGKILL)
		wantGone(t, family)
		r.wantNothingLeft(t)
	})
	t.Run("a service killed", func(t *testing.T) {
		t.Parallel()
		r := up(t)
		family := r.family(t)
		for _, member := range family {
			// Kill the local S3 server: "up" does not restart it, unlike the process of a function.
			if member.parent == r.cmd.Process.Pid && member.name == "versitygw" {
				if err := syscall.Kill(member.pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				break
			}
		}
		if code := r.wait(t); code != 1 || !strings.Contains(r.stderr.String(), "ended: signal: killed") {
			t.Errorf("exit code %d, said %q", code, r.stderr)
		}
		wantGone(t, family)
		r.wantNothingLeft(t)
	})
	t.Run("interrupted before it is up", func(t *testing.T) {
		t.Parallel()
		servicestest.Root(t)
		p := start(t, root(t), "up", "--json")
		<-p.stderr.grew // wait for the first text on standard error: the build has then started
		family := p.family(t)
		p.signal(t, interrupt)
		if code := p.wait(t); code != 130 || !strings.Contains(p.stderr.String(), "ended before it was up") {
			t.Errorf("exit code %d, said %q", code, p.stderr)
		}
		wantGone(t, family)
		p.wantNothingLeft(t)
	})
}

// When "up" ends, it finishes the requests in flight.
func TestUpFinishesRequestsInFlight(t *testing.T) {
	t.Parallel()
	r := up(t)
	r.samples(t)
	far := r.platform(t)
	made := request(t, far, adplatform.Options{})
	far.Storage.Faults.Next(1, made.StorageKey, fault.Slow(64<<10)) // slows the upload down to some seconds
	answered := r.sendInFlight(t, far, made)
	r.end(t)
	if result := <-answered; result.Status != 200 || string(result.Body) != `{"outcome":"delivered"}` {
		t.Errorf("answer %d %s (%v), want 200 delivered", result.Status, result.Body, result.Err)
	}
	if token, err := far.Waitpoints.Token(made.Token); err != nil || len(token.Received) != 1 {
		t.Errorf("%d callbacks (%v), want one", len(token.Received), err)
	}
}

// If "up" cannot finish a request in time, it releases the request and lets the gateway send the
// event again. The next system then handles the request at once, without waiting until the lease
// ends.
func TestUpReleasesUnfinishedRequests(t *testing.T) {
	t.Parallel()
	servicestest.Root(t)
	data := filepath.Join(t.TempDir(), "data")
	far := platformAt(t, s3test.Start(t)) // the platform has its own S3 server, which keeps running when "up" ends
	r := up(t, "--data", data)
	r.samples(t)
	made := request(t, far, adplatform.Options{})
	far.Storage.Faults.Next(1, made.StorageKey, fault.StallAt(32<<10))
	answered := r.sendInFlight(t, far, made)
	r.end(t)
	if result := <-answered; result.Err != nil || result.Status != 202 && result.Status != 503 {
		t.Errorf("answer %d %s (%v), want to be asked again, or the queue to have it", result.Status, result.Body, result.Err)
	}

	again := up(t, "--data", data)
	if item := again.item(t, made); item.State.Ended() || item.Owner != "" {
		t.Errorf("left as %s, held by %q", item.State, item.Owner)
	}
	began := time.Now()
	if result := again.sender(t).Send(t.Context(), made.Event()); result.Err != nil || result.Status >= 300 {
		t.Errorf("answer %d %s (%v), want it taken", result.Status, result.Body, result.Err)
	}
	outcome, err := far.Conclude(t.Context(), made)
	if took := time.Since(began); err != nil || outcome.State != adplatform.Delivered || took > soon {
		t.Errorf("%s %v after %v (%v), want delivered", outcome.State, outcome.Problems, took, err)
	}
	again.end(t)
}

// sendInFlight sends a request and returns as soon as the request's upload has started. The returned
// channel later receives the answer.
func (r *site) sendInFlight(t *testing.T, far *adplatform.Platform, made adplatform.Request) <-chan gateway.Result {
	t.Helper()
	answered := make(chan gateway.Result, 1)
	sender := r.sender(t)
	var sending sync.WaitGroup
	sending.Go(func() { answered <- sender.Send(t.Context(), made.Event()) })
	t.Cleanup(sending.Wait)
	eventually(t, "the upload is on its way", func(context.Context) bool {
		return far.Storage.Writes(made.StorageKey).Bytes > 0
	})
	return answered
}
