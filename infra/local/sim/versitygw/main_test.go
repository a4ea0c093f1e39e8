package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// asProgram is the environment variable that makes the test binary run versitygw instead of the
// tests. Each versitygw needs its own process, because it changes the working directory and can
// exist only once in a process.
const asProgram = "VERSITYGW_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(m.Run())
	}
	go func() { // ends this process when the test's process ends, even if the test's process is killed
		io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	main()
}

// program is a running versitygw, the local S3 server, in a process of its own.
type program struct {
	cmd     *exec.Cmd
	url     string
	printed *bytes.Buffer // output of the process; may be read only after the channel ended is closed
	ended   chan struct{}
	err     error // error with which the process ended; may be read after ended is closed
}

func command(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "MASTERHAND_S3_ACCESS=local", "MASTERHAND_S3_SECRET=localsecret")
	printed := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = printed, printed
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close() })
	return cmd, printed
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start starts versitygw, which ends with the test. The parameter events is the URL to which
// versitygw posts notices; "" means that it posts none.
func start(t *testing.T, root, events string) *program {
	t.Helper()
	address := freeAddress(t)
	cmd, printed := command(t, "-listen", address, "-root", root+"/buckets", "-versions", root+"/versions", "-events", events)
	p := &program{cmd: cmd, url: "http://" + address, printed: printed, ended: make(chan struct{})}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-p.ended
		if t.Failed() {
			t.Logf("the gateway printed:\n%s", p.printed)
		}
	})
	for {
		if r, err := http.Get(p.url); err == nil {
			r.Body.Close()
			t.Logf("answers after %v", time.Since(begun).Round(time.Millisecond))
			return p
		}
		select {
		case <-p.ended:
			t.Fatalf("the gateway ended: %v; it printed:\n%s", p.err, p.printed)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (p *program) client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &p.url, Region: "us-east-1", UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("local", "localsecret", ""),
		Retryer:     aws.NopRetryer{},
	})
}

// versioned makes a bucket that has versions.
func versioned(t *testing.T, c *s3.Client, name string) {
	t.Helper()
	if _, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
}

// mailbox is a test server that receives the notices of changed objects.
type mailbox struct {
	url    string
	answer func() int // returns the HTTP status with which this test server answers a notice

	mu    sync.Mutex
	taken []notice
}

func newMailbox(t *testing.T, answer func() int) *mailbox {
	t.Helper()
	m := &mailbox{answer: answer}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var n notice
		if err := json.Unmarshal(body, &n); err != nil {
			t.Errorf("notice %q: %v", body, err)
		}
		status := m.answer()
		if status < 300 {
			m.mu.Lock()
			m.taken = append(m.taken, n)
			m.mu.Unlock()
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	m.url = s.URL
	return m
}

func accept() int { return http.StatusNoContent }

// drain returns the notices that have arrived since the last call.
func (m *mailbox) drain() []notice {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.taken
	m.taken = nil
	return taken
}
