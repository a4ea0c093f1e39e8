// Package servicestest runs the local services for the tests of a package. All tests share the
// services, so each test must make its own buckets and queues.
//
//	var shared servicestest.Shared
//
//	func TestMain(m *testing.M) { os.Exit(shared.Run(m)) }
//
//	func TestSomething(t *testing.T) {
//		s3 := shared.Open(t).Clients().S3()
//	}
package servicestest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
)

// closing limits how long the services may take to end. A longer time fails the tests.
const closing = 15 * time.Second

// Shared holds the services that all tests of a package share. The first call of Open starts them.
type Shared struct {
	once    sync.Once
	running Running
	folder  string
	err     error
}

// Running holds the services, and the programs of the functions, which are built as for
// deployment.
type Running struct {
	*services.Services
	Programs system.Programs
}

// Run runs the tests, stops the services and returns the exit code.
func (g *Shared) Run(m *testing.M) int {
	code := m.Run()
	if err := g.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	return code
}

// Open returns the shared services. If the npm packages are missing, it skips the test; in CI it
// fails the test.
func (g *Shared) Open(t testing.TB) Running {
	t.Helper()
	root := Root(t)
	g.once.Do(func() { g.err = g.start(root) })
	if g.err != nil {
		t.Fatal(g.err)
	}
	return g.running
}

// Root returns the folder of the project. If the npm packages that run the services are missing,
// it skips the test; in CI it fails the test.
func Root(t testing.TB) string {
	t.Helper()
	root, err := system.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "node_modules", "fauxqs")); err != nil && os.Getenv("CI") == "" {
		t.Skip(`the local services cannot run: run "npm ci" first`)
	}
	return root
}

func (g *Shared) start(root string) (err error) {
	if g.folder, err = os.MkdirTemp("", "masterhand-test-"); err != nil {
		return err
	}
	if g.running.Programs, err = system.Build(context.Background(), root, io.Discard); err != nil {
		return err
	}
	destinations := filepath.Join(g.folder, "destinations.json")
	if err := os.WriteFile(destinations, []byte("[]"), 0o600); err != nil {
		return err
	}
	g.running.Services, err = services.Start(context.Background(), services.Config{
		Root: root, Gateway: g.running.Programs.Gateway, Data: filepath.Join(g.folder, "data"), Destinations: destinations, Log: io.Discard,
	})
	return err
}

func (g *Shared) close() error {
	defer os.RemoveAll(g.folder)
	if g.running.Services == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	return g.running.Close(ctx)
}
