//go:build linux

package crash_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"syscall"
	"testing"

	"masterhand/infra/local/crash"
	"masterhand/infra/local/farside"
	"masterhand/shared/ledger"
)

// size is a master's, in bytes: it has halves, and does not fit into buffers.
const size = 4 << 20

// left is what a request leaves behind in the end.
type left struct {
	uploads   int // PUTs that came to the far storage
	landed    int // those of them that wrote
	callbacks int // that came to the waitpoint, all with the same body
	attempts  int // runs that claimed the request
}

// killed are the steps at which a run is killed, and what is left when another has
// ended the request. What did not take effect is done again, what did is not: but for
// an upload or a callback whose taking the ledger does not know of.
var killed = []struct {
	name string
	at   place
	want left
}{
	{"claim under way", atLedger(claimed, crash.Arrived), left{1, 1, 1, 1}},
	{"claim written", atLedger(claimed, crash.Answered), left{1, 1, 1, 2}},
	{"decision under way", atLedger(decided, crash.Arrived), left{1, 1, 1, 2}},
	{"decision written", atLedger(decided, crash.Answered), left{1, 1, 1, 2}},
	{"first byte sent", atUpload(1), left{2, 1, 1, 2}},
	{"half the bytes sent", atUpload(size / 2), left{2, 1, 1, 2}},
	{"all but the last byte sent", atUpload(crash.Arrived), left{2, 1, 1, 2}},
	{"upload taken", atUpload(crash.Answered), left{2, 2, 1, 2}},
	{"upload acknowledged", atLedger(uploaded, crash.Arrived), left{2, 2, 1, 2}},
	{"checkpoint written", atLedger(uploaded, crash.Answered), left{1, 1, 1, 2}},
	{"callback sent", atCallback(crash.Arrived), left{1, 1, 1, 2}},
	{"callback taken", atCallback(crash.Answered), left{1, 1, 2, 2}},
	{"callback acknowledged", atLedger(settled, crash.Arrived), left{1, 1, 2, 2}},
	{"settled", atLedger(settled, crash.Answered), left{1, 1, 1, 1}},
}

// A run that is killed at any step is followed by one that ends the request, once.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := running(t)
	for name, far := range map[string]*platform{"as it is": s.real, "as promised": s.promising} {
		for _, test := range killed {
			t.Run("waitpoint "+name+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				w := newWork(t, s, far, size)
				w.upload(t)
				gate, trap := test.at(w)
				first := w.sending(t)
				signal(t, caught(t, gate, trap), syscall.SIGKILL)
				trap.Drop()
				if got := <-first; got.Status != 502 {
					t.Errorf("the killed run answered %d %s (%v)", got.Status, got.Body, got.Err)
				}
				answers(t, w.send(t), 200, "delivered")
				w.delivered(t, test.want)

				version := w.item(t).Version
				answers(t, w.send(t), 200, "delivered")
				if again := w.item(t).Version; again != version {
					t.Errorf("asking again wrote to the ledger: version %d after %d", again, version)
				}
			})
		}
	}
}

// Without a death nothing is done twice.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	w := newWork(t, running(t), shared.site.promising, size)
	w.upload(t)
	answers(t, w.send(t), 200, "delivered")
	w.delivered(t, left{1, 1, 1, 1})
}

// delivered holds that the request ended so, with just the master's bytes, by one
// decision, and left no more than it should.
func (w *work) delivered(t *testing.T, want left) {
	t.Helper()
	sum := sha256.Sum256(w.master)
	outcome, err := w.far.Check(t.Context(), w.request)
	if err != nil || outcome.State != farside.Delivered || outcome.Object.SHA256 != sum {
		t.Errorf("the platform says %q %v (%v) of %d bytes", outcome.State, outcome.Problems, err, outcome.Object.Size)
	}
	token, err := w.far.Waitpoints.Token(w.request.Token)
	if err != nil {
		t.Fatal(err)
	}
	item := w.item(t)
	puts := w.far.Storage.Writes(w.request.StorageKey)
	if got := (left{puts.Puts, puts.Landed, len(token.Received), item.Attempts}); got != want {
		t.Errorf("left %+v, want %+v", got, want)
	}
	w.onlyTheMaster(t)
	for _, body := range token.Received {
		if !bytes.Equal(body, token.Output) {
			t.Errorf("callback %s, completed by %s", body, token.Output)
		}
	}
	// Only where a callback may have been taken before, and the waitpoint says that
	// one was, it stays open whose it was.
	unconfirmed := want.callbacks > 1 && w.far == w.promising
	if item.State != ledger.Delivered || item.SHA256 != hex.EncodeToString(sum[:]) || !item.LeaseUntil.IsZero() ||
		item.Decision == nil || item.Decision.Key != w.key || item.Unconfirmed != unconfirmed {
		t.Errorf("the ledger says %+v", item)
	}
	w.wellWritten(t)
}

// onlyTheMaster holds that whatever was uploaded is the master's beginning.
func (w *work) onlyTheMaster(t *testing.T) {
	t.Helper()
	for _, x := range w.far.uploads.Exchanges() {
		if strings.HasSuffix(x.Path, "/"+w.request.StorageKey) && !bytes.HasPrefix(w.master, x.Body) {
			t.Errorf("%d bytes went out that are not the master's", len(x.Body))
		}
	}
}

// wellWritten holds that the ledger's writes follow each other: one decision for good,
// one end, nothing after it.
func (w *work) wellWritten(t *testing.T) {
	t.Helper()
	var decisions []string
	ended := 0
	for _, step := range w.writes() {
		if !step.took() {
			continue
		}
		if ended > 0 {
			t.Errorf("written after the end: %s", step)
		}
		if step.state.Ended() {
			ended++
		}
		if step.decision != "" && !slices.Contains(decisions, step.decision) {
			decisions = append(decisions, step.decision)
		}
		if len(decisions) > 0 && step.decision == "" {
			t.Errorf("the decision is forgotten: %s", step)
		}
	}
	if len(decisions) != 1 || ended != 1 {
		t.Errorf("%d decisions and %d ends, want one of each: %q", len(decisions), ended, decisions)
	}
}

func (w *work) item(t *testing.T) ledger.Item {
	t.Helper()
	item, err := w.ledger.Load(t.Context(), w.id)
	if err != nil {
		t.Fatal(err)
	}
	return item
}
