package load_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/proof/load"
	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/request/signature"
)

const secret = "whsec_9d1c7be0d1aa4f0b8f2e5a6c7d8e9f00112233445566778899aabbccddeeff00"

// built are the programs, built once for all tests.
var built = sync.OnceValues(func() (system.Programs, error) {
	root, err := system.Root()
	if err != nil {
		return system.Programs{}, err
	}
	return system.Build(context.Background(), root)
})

// open starts a system that the test has for itself. Tests that do are not parallel: the
// processes of one would be taken for the other's.
func open(t *testing.T, secrets string) *system.System {
	t.Helper()
	root := servicestest.Root(t)
	programs, err := built()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	destinations := filepath.Join(folder, "destinations.json")
	if err := os.WriteFile(destinations, []byte(secrets), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(folder, "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := system.Start(t.Context(), system.Config{
		Root: root, Programs: programs, Data: filepath.Join(folder, "data"), Destinations: destinations, Log: log, Concurrency: 8,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := errors.Join(s.Close(ctx), log.Close()); err != nil {
			t.Error(err)
		}
	})
	return s
}

const known = `[{"name":"plain","scheme":"outpost","secrets":["` + secret + `"]}]`

// unknown is what a receiver knows that takes none of the authentic events.
func unknown() string { return strings.Replace(known, secret, "whsec_another_one_altogether", 1) }

func config(t *testing.T, s *system.System, out io.Writer) load.Config {
	t.Helper()
	key, err := signature.NewKey(signature.Outpost, secret)
	if err != nil {
		t.Fatal(err)
	}
	_, unknown := keys(t)
	return load.Config{System: s, Key: key, Unknown: unknown, Out: out, Requests: 40, AtOnce: 20, Seed: 7}
}

// wantQuiet holds that nothing printed is a credential.
func wantQuiet(t *testing.T, out *bytes.Buffer) {
	t.Helper()
	for _, word := range []string{secret, "X-Amz-Signature", "waitpoint_", "/api/v1/"} {
		if strings.Contains(out.String(), word) {
			t.Errorf("%q is printed", word)
		}
	}
}

func TestBurst(t *testing.T) {
	var out bytes.Buffer
	result, err := load.Run(t.Context(), config(t, open(t, known), &out))
	if err != nil || result.Events != 40 || result.Judged != 40 || len(result.Problems) > 0 {
		t.Errorf("%+v, %v\n%s", result, err, &out)
	}
	for _, want := range []string{"40 events in", "of them by way of the queue", "ok  all 40 events that were judged"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	wantQuiet(t, &out)
}

func TestSoak(t *testing.T) {
	var out bytes.Buffer
	c := config(t, open(t, known), &out)
	c.For, c.Rate, c.Faults = 4*time.Second, 8, true
	if _, err := load.Run(t.Context(), c); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, want := range []string{"faults: ", "too short to tell", "ended as they should"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	wantQuiet(t, &out)
}

// TestWrong asks a receiver that knows another secret: not one authentic event is taken.
func TestWrong(t *testing.T) {
	var out bytes.Buffer
	c := config(t, open(t, unknown()), &out)
	c.Requests, c.AtOnce, c.Pauses = 30, 2, 1e-6 // two events: there is always room
	if _, err := load.Run(t.Context(), c); !errors.Is(err, load.ErrWrong) {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, want := range []string{"NO  event ", "answered 401 unauthentic after 10 attempts", "more\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	wantQuiet(t, &out)
}

// interrupting ends a run when it first tells of its progress.
type interrupting struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (i *interrupting) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("begun")) {
		i.stop()
	}
	return i.Buffer.Write(p)
}

// TestInterrupted asks a receiver that answers, and one that knows another secret: there
// every authentic event is between two attempts when the run ends, which says nothing.
func TestInterrupted(t *testing.T) {
	for name, secrets := range map[string]string{"at work": known, "between attempts": unknown()} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			out := &interrupting{stop: cancel}
			c := config(t, open(t, secrets), out)
			c.For, c.Rate = 40*time.Second, 10 // tells of its progress after 2 s
			if _, err := load.Run(ctx, c); !errors.Is(err, load.ErrInterrupted) {
				t.Errorf("%v\n%s", err, &out.Buffer)
			}
			if !strings.Contains(out.String(), "that were judged ended as they should") {
				t.Errorf("no summary:\n%s", &out.Buffer)
			}
			wantQuiet(t, &out.Buffer)
		})
	}
}
