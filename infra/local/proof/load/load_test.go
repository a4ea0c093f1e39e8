package load_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"masterhand/infra/local/proof/load"
	"masterhand/infra/local/scenario"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/request/signature"
)

// open starts a system for one test. Tests that call open must not run in parallel, because each
// would measure the other's processes. If strangers is true, the system does not know the
// platform's secret and therefore rejects all events.
func open(t *testing.T, strangers bool) *system.System {
	t.Helper()
	c := system.Config{Concurrency: 8}
	if strangers {
		c.Destinations = filepath.Join(t.TempDir(), "destinations.json")
		list := strings.Replace(scenario.Destinations, scenario.Secret, "whsec_another_one_altogether", 1)
		if err := os.WriteFile(c.Destinations, []byte(list), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return scenariotest.Start(t, c).System
}

func config(t *testing.T, s *system.System, out io.Writer) load.Config {
	t.Helper()
	key, err := signature.NewKey(signature.Outpost, scenario.Secret)
	if err != nil {
		t.Fatal(err)
	}
	_, unknown := keys(t)
	return load.Config{System: s, Key: key, Unknown: unknown, Out: out, Requests: 40, AtOnce: 20, Seed: 7}
}

// wantQuiet checks that the output contains no credential.
func wantQuiet(t *testing.T, out *bytes.Buffer) {
	t.Helper()
	for _, word := range []string{scenario.Secret, "X-Amz-Signature", "waitpoint_", "/api/v1/"} {
		if strings.Contains(out.String(), word) {
			t.Errorf("%q is printed", word)
		}
	}
}

func TestABurstEndsAsExpected(t *testing.T) {
	var out bytes.Buffer
	result, err := load.Run(t.Context(), config(t, open(t, false), &out))
	if err != nil || result.Events != 40 || result.Judged != 40 || len(result.Problems) > 0 {
		t.Errorf("%+v, %v\n%s", result, err, &out)
	}
	for _, want := range []string{"40 events in", "of them through the queue", "ok  all 40 checked events"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	wantQuiet(t, &out)
}

func TestSoak(t *testing.T) {
	var out bytes.Buffer
	c := config(t, open(t, false), &out)
	c.For, c.Rate, c.Faults = 4*time.Second, 8, true
	if _, err := load.Run(t.Context(), c); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, want := range []string{"faults: ", "too short to detect", "ended as expected"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, &out)
		}
	}
	wantQuiet(t, &out)
}

// If the receiver does not know the platform's secret and rejects every event, the run must report
// these rejections as problems.
func TestRejectedEventsAreProblems(t *testing.T) {
	var out bytes.Buffer
	c := config(t, open(t, true), &out)
	// With at most two events at a time, an execution environment is always free.
	c.Requests, c.AtOnce, c.Pauses = 30, 2, 1e-6
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

// interrupting is an output that interrupts the load run at its first line of progress.
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

// An interrupted run must not report open events as problems. In the case "at work" the receiver
// accepts events. In the case "between attempts" it rejects all events, so each authentic event is
// waiting to be sent again when the run is interrupted.
func TestAnInterruptedRunReportsNoOpenEvent(t *testing.T) {
	for name, strangers := range map[string]bool{"at work": false, "between attempts": true} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			out := &interrupting{stop: cancel}
			c := config(t, open(t, strangers), out)
			c.For, c.Rate = 40*time.Second, 10 // the run is interrupted at its first line of progress, after 2 s
			if _, err := load.Run(ctx, c); !errors.Is(err, load.ErrInterrupted) {
				t.Errorf("%v\n%s", err, &out.Buffer)
			}
			if !strings.Contains(out.String(), "checked events ended as expected") {
				t.Errorf("no summary:\n%s", &out.Buffer)
			}
			wantQuiet(t, &out.Buffer)
		})
	}
}
