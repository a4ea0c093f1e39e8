//go:build linux

package crash_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	"masterhand/shared/request/doors"
)

// work is one request for one master, which is sent to the shared system.
type work struct {
	*env
	door    doors.Door // the door that the request arrives through
	asking  *platform
	of      creative.Creative
	key     string // key of the master in the bucket
	master  []byte
	request adplatform.Request
	id      string // id of the request in the ledger
}

// newWork makes a request that arrives through a door, for a master of size bytes. It does not
// upload the master.
func newWork(t *testing.T, e *env, door doors.Door, p *platform, size int) *work {
	t.Helper()
	code := scenariotest.NewCode()
	w := &work{
		env: e, door: door, asking: p, of: scenariotest.Of(code), key: scenariotest.StoryKey(code), master: scenariotest.Film(t, size),
		request: e.Request(t, p.Platform, scenariotest.Story(code)),
	}
	w.request.UploadURL = through(t, p.uploads, w.request.UploadURL)
	w.request.CallbackURL = through(t, p.callbacks, w.request.CallbackURL)
	w.id = scenario.LedgerID(w.request)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was written to the ledger:\n%s", w.history())
		}
		p.uploads.Forget(w.isUpload)
		e.items.Forget(w.isItem)
	})
	return w
}

// through returns the URL u, but with the gate's address as its host. The gate forwards requests to
// the original host.
func through(t *testing.T, gate *Gate, u capability.URL) capability.URL {
	t.Helper()
	led, err := capability.Parse(strings.Replace(u.Reveal(), "//"+u.Host()+":"+u.Port()+"/", "//"+gate.Address()+"/", 1))
	if err != nil {
		t.Fatal(err)
	}
	return led
}

// upload uploads the master and waits until it is indexed.
func (w *work) upload(t *testing.T) {
	t.Helper()
	w.Known(t, w.of, w.key, w.Put(t, w.key, w.master))
}

// send sends the request's event and returns the answer.
func (w *work) send(t *testing.T) gateway.Result { t.Helper(); return <-w.sending(t) }

// ask sends the request's event like the gateway. It repeats the event while the answer is 409,
// which means that another run holds the request. It returns the last answer.
func (w *work) ask(t *testing.T) (got gateway.Result) {
	t.Helper()
	for got.Status = 409; got.Status == 409; {
		got = w.send(t)
	}
	return got
}

// sending sends the request's event in the background and returns a channel for the answer.
func (w *work) sending(t *testing.T) <-chan gateway.Result {
	t.Helper()
	answer := make(chan gateway.Result, 1)
	go func() { answer <- w.SendThrough(t.Context(), w.door, w.request.Event()) }()
	return answer
}

// goesOn starts another run and waits until that run has settled the request. At a function URL
// the gateway sends the event again; a queue delivers the message again.
func (w *work) goesOn(t *testing.T) {
	t.Helper()
	if w.door != "" {
		w.LeftQueue(t, w.request, 1)
		return
	}
	scenariotest.Answers(t, w.ask(t), 200, "delivered")
}

// caught waits until the trap holds a request, and returns the id of the process that sent the
// request.
func caught(t *testing.T, gate *Gate, trap *Trap) (pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	x, err := trap.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if pid, err = Sender(x.From, gate.Address()); err != nil {
		t.Fatal(err)
	}
	return pid
}

// runs fails the test unless the process is the right function: fulfill for requests through the
// function URL, receive for requests through other doors.
func (w *work) runs(t *testing.T, pid int) {
	t.Helper()
	function := "receive"
	if w.door == "" {
		function = "fulfill"
	}
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil || filepath.Base(filepath.Dir(program)) != function {
		t.Errorf("the run is of %s (%v), want %s", program, err, function)
	}
}

func signal(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}
