//go:build linux

package crash_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/events"
	"masterhand/infra/local/proof/crash"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/gateway"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/kit/capability"
	"masterhand/shared/library/creative"
	asked "masterhand/shared/request/platform"
)

// work is one request for one master, on a site that others share.
type work struct {
	*site
	far     *platform
	of      creative.Creative
	key     string // of the master
	master  []byte
	request adplatform.Request
	id      string // in the ledger
}

var count atomic.Uint64

// newWork makes a request for a master of size bytes, which is not there yet.
func newWork(t *testing.T, s *site, far *platform, size int) *work {
	t.Helper()
	n := count.Add(1)
	c := creative.Creative{Code: fmt.Sprintf("C%d-X", n), Variation: 1}
	w := &work{site: s, far: far, of: c, key: c.Code + "/v1/en/9x16.mp4", master: film(t, size, n)}
	slot := adplatform.Slot{Code: c.Code, Variation: 1, Locale: "en", Kind: "video", Aspect: "9x16"}
	var err error
	if w.request, err = far.NewRequest(slot, adplatform.Options{}); err != nil {
		t.Fatal(err)
	}
	w.request.UploadURL = through(t, far.uploads, w.request.UploadURL)
	w.request.CallbackURL = through(t, far.callbacks, w.request.CallbackURL)
	w.id = asked.Request{CompleteURL: w.request.CallbackURL}.ID()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was written to the ledger:\n%s", w.history())
		}
	})
	return w
}

// film returns an upright video of size bytes that is like no other: a sample and
// behind it a box of random padding, which MP4 allows.
func film(t *testing.T, size int, seed uint64) []byte {
	t.Helper()
	list, err := events.Masters()
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range list {
		if sample.Key != "HRT-121/v2/en/9x16.mp4" {
			continue
		}
		padding := make([]byte, size-len(sample.Data))
		binary.BigEndian.PutUint32(padding, uint32(len(padding)))
		copy(padding[4:], "free")
		_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(padding[8:]) // never fails
		return append(bytes.Clone(sample.Data), padding...)
	}
	t.Fatal("no sample master")
	return nil
}

// through leads a URL through a gate.
func through(t *testing.T, gate *crash.Gate, u capability.URL) capability.URL {
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
	out, err := w.objects.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: new(services.MastersBucket), Key: &w.key, Body: bytes.NewReader(w.master),
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the index lists "+w.key, func() bool {
		doc, _, err := w.index.Document(t.Context(), w.Library, w.of)
		if err != nil {
			t.Fatal(err)
		}
		m := doc.Find(w.key)
		return m != nil && m.ETag == *out.ETag
	})
}

// send sends the webhook and returns its answer.
func (w *work) send(t *testing.T) gateway.Result { t.Helper(); return <-w.sending(t) }

// sending sends the webhook and returns where its answer will be.
func (w *work) sending(t *testing.T) <-chan gateway.Result {
	t.Helper()
	answer := make(chan gateway.Result, 1)
	go func() { answer <- w.sender.Send(t.Context(), w.request.Event()) }()
	return answer
}

// caught waits until the trap holds a request, and returns the program that sent it.
func caught(t *testing.T, gate *crash.Gate, trap *crash.Trap) (pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	x, err := trap.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if pid, err = crash.Sender(x.From, gate.Address()); err != nil {
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

// answers holds that a webhook was answered so.
func answers(t *testing.T, got gateway.Result, status int, outcome string) {
	t.Helper()
	if want := `{"outcome":"` + outcome + `"}`; got.Err != nil || got.Status != status || string(got.Body) != want {
		t.Errorf("answer %d %s (%v), want %d %s", got.Status, got.Body, got.Err, status, want)
	}
}
