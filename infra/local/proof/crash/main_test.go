//go:build linux

package crash_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/system"
)

// atOnce is how many tests run at once: they wait for leases to lapse, not for a
// processor.
const atOnce = "16"

// shared is the system that all tests run on, each with a creative of its own.
var shared struct {
	once sync.Once
	site *site
	err  error
}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	code := m.Run()
	if s := shared.site; s != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "after all tests:", err)
			code = 1
		}
		_ = os.RemoveAll(s.folder)
	}
	os.Exit(code)
}

// running returns the shared system, started when it is first asked for.
func running(t *testing.T) *site {
	t.Helper()
	root, err := system.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "fauxqs")); err != nil && os.Getenv("CI") == "" {
		t.Skip(`no DynamoDB and SQS to test with: run "npm ci" first`)
	}
	shared.once.Do(func() { shared.site, shared.err = open(context.Background(), root) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.site
}
