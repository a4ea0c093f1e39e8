// Package s3test starts the local S3 server, versitygw, for a test. The server begins with an empty
// folder. Its program is built from infra/local/sim/versitygw.
//
// Invariant: the server ends with the test.
//
//	storage, err := r2.Open(t.Context(), s3test.Start(t))
package s3test

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"masterhand/infra/local/sim/child"
	"masterhand/infra/local/sim/r2"
)

// Start starts versitygw, the local S3 server, and returns the configuration of a bucket there. It
// fails the test if versitygw does not answer within a minute.
func Start(t testing.TB) r2.Config {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "gateway")
	_, here, _, _ := runtime.Caller(0)
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Dir = filepath.Join(filepath.Dir(here), "..", "versitygw")
	if printed, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the gateway: %v\n%s", err, printed)
	}
	config := r2.Config{
		Endpoint: "http://" + freeAddress(t), Region: "us-east-1", AccessKey: "test-access", SecretKey: "test-secret-key", Bucket: "platform",
	}
	command := exec.Command(program, "-listen", config.Endpoint[len("http://"):], "-root", filepath.Join(dir, "objects"))
	command.Env = append(os.Environ(), "MASTERHAND_S3_ACCESS="+config.AccessKey, "MASTERHAND_S3_SECRET="+config.SecretKey)
	command.Stderr = t.Output()
	gateway, err := child.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := gateway.Stop(ctx); err != nil {
			t.Logf("stopping the gateway: %v", err)
		}
	})
	answers(t, config.Endpoint, gateway)
	return config
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// answers waits until versitygw, the local S3 server, answers requests.
func answers(t testing.TB, endpoint string, gateway *child.Process) {
	t.Helper()
	again, late := time.NewTicker(20*time.Millisecond), time.After(time.Minute)
	defer again.Stop()
	for {
		if response, err := http.Get(endpoint); err == nil {
			_ = response.Body.Close()
			return
		}
		select {
		case <-again.C:
		case <-gateway.Done():
			t.Fatalf("the gateway ended: %v", gateway.Err())
		case <-late:
			t.Fatal("the gateway does not answer")
		}
	}
}
