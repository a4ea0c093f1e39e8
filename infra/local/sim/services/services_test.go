package services_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/services"
)

// root is the project's folder.
const root = "../../../.."

// shared holds the services for most tests; TestMain stops them.
var shared struct {
	once    sync.Once
	running *services.Services
	config  services.Config
	log     lockedBuffer
	err     error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.running != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := shared.running.Close(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "closing services:", err)
			code = 1
		}
	}
	if shared.config.Data != "" {
		_ = os.RemoveAll(shared.config.Data)
	}
	os.Exit(code)
}

// lockedBuffer is a log to which several goroutines may write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// running returns the services that most tests share. Each test must use its own keys and items.
func running(t *testing.T) *services.Services {
	t.Helper()
	need(t)
	shared.once.Do(func() {
		var data string
		if data, shared.err = os.MkdirTemp("", "services-test-"); shared.err != nil {
			return
		}
		shared.config = config(t, data)
		shared.config.Log = &shared.log
		shared.running, shared.err = services.Start(context.Background(), shared.config)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.running
}

// need skips the test if the npm packages are not installed; in CI it fails the test.
func need(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "node_modules", "fauxqs")); err != nil && os.Getenv("CI") == "" {
		t.Skip(`no DynamoDB and SQS to test with: run "npm ci" first`)
	}
}

// config returns a configuration for Start, with the given data folder.
func config(t *testing.T, data string) services.Config {
	t.Helper()
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	c := services.Config{Root: absolute, Gateway: gateway(t), Data: data, Destinations: filepath.Join(data, "destinations.json"), Log: &lockedBuffer{}}
	if err := os.WriteFile(c.Destinations, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// gateway builds the program that serves S3 and returns its path. Later builds are quick, because
// Go caches them.
func gateway(t *testing.T) string {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatalf("building versitygw: %v", err)
	}
	return program
}

var built = sync.OnceValues(func() (string, error) {
	program, err := filepath.Abs(filepath.Join(root, ".masterhand", "bin", "versitygw"))
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-o", program, ".")
	cmd.Dir = filepath.Join(root, "infra", "local", "sim", "versitygw")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if printed, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, printed)
	}
	return program, nil
})

// closed stops services that only this test uses, and fails the test if that returns an error.
func closed(t *testing.T, s *services.Services) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}
