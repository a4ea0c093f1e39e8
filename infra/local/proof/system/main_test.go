package system_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/servicestest"
	"masterhand/infra/local/sim/system"
)

// shared is the system that most tests run on, each with creatives of its own.
var shared struct {
	once sync.Once
	site *site
	err  error
}

// TestMain lets many tests run at a time, for they wait more than they work. When all
// are through it looks whether any of them let a credential out, and ends the shared
// system.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "24"); err != nil {
		panic(err)
	}
	code := m.Run()
	if s := shared.site; s != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		for _, problem := range append(s.leaks(ctx), s.close(ctx)...) {
			fmt.Fprintln(os.Stderr, "after all tests:", problem)
			code = 1
		}
		_ = os.RemoveAll(s.folder)
	}
	os.Exit(code)
}

// running returns the shared system, started when it is first asked for.
func running(t *testing.T) *site {
	t.Helper()
	servicestest.Root(t)
	shared.once.Do(func() {
		var folder string
		if folder, shared.err = os.MkdirTemp("", "masterhand-test-"); shared.err == nil {
			// One more environment than requests are ever open, so that none is answered 429.
			shared.site, shared.err = open(context.Background(), folder, system.Config{Concurrency: 256})
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.site
}

// alone returns a system that the test has for itself.
func alone(t *testing.T, c system.Config) *site {
	t.Helper()
	servicestest.Root(t)
	s, err := open(t.Context(), t.TempDir(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for _, problem := range append(s.leaks(ctx), s.close(ctx)...) {
			t.Error(problem)
		}
	})
	return s
}

// built are the programs, built once for all tests.
var built = sync.OnceValues(func() (system.Programs, error) {
	root, err := system.Root()
	if err != nil {
		return system.Programs{}, err
	}
	return system.Build(context.Background(), root)
})
