//go:build linux

package crash_test

import (
	"context"
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
)

// work is one request for one master, on a system that others share.
type work struct {
	*env
	asking  *platform
	of      creative.Creative
	key     string // of the master
	master  []byte
	request adplatform.Request
	id      string // in the ledger
}

// newWork makes a request for a master of size bytes, which is not there yet.
func newWork(t *testing.T, e *env, p *platform, size int) *work {
	t.Helper()
	code := scenariotest.NewCode()
	w := &work{
		env: e, asking: p, of: scenariotest.Of(code), key: scenariotest.StoryKey(code), master: scenariotest.Film(t, size),
		request: e.Request(t, p.Platform, scenariotest.Story(code)),
	}
	w.request.UploadURL = through(t, p.uploads, w.request.UploadURL)
	w.request.CallbackURL = through(t, p.callbacks, w.request.CallbackURL)
	w.id = scenario.LedgerID(w.request)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was written to the ledger:\n%s", w.history())
		}
	})
	return w
}

// through leads a URL through a gate.
func through(t *testing.T, gate *Gate, u capability.URL) capability.URL {
	t.Helper()
	led, err := capability.Parse(strings.Replace(u.Reveal(), "//"+u.Host()+":"+u.Port()+"/", "//"+gate.Address()+"/", 1))
	if err != nil {
		t.Fatal(err)
	}
	return led
}

// upload puts the master where the system looks for it, and waits until it knows it.
func (w *work) upload(t *testing.T) {
	t.Helper()
	w.Known(t, w.of, w.key, w.Put(t, w.key, w.master))
}

// send sends the webhook and returns its answer.
func (w *work) send(t *testing.T) gateway.Result { t.Helper(); return <-w.sending(t) }

// ask sends the webhook as the gateway does, again while another run holds the request.
func (w *work) ask(t *testing.T) (got gateway.Result) {
	t.Helper()
	for got.Status = 409; got.Status == 409; {
		got = w.send(t)
	}
	return got
}

// sending sends the webhook and returns where its answer will be.
func (w *work) sending(t *testing.T) <-chan gateway.Result {
	t.Helper()
	answer := make(chan gateway.Result, 1)
	go func() { answer <- w.Gateway.Send(t.Context(), w.request.Event()) }()
	return answer
}

// caught waits until the trap holds a request, and returns the program that sent it.
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

func signal(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}
