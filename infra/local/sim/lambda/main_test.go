package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"masterhand/infra/local/sim/lambda"
)

// bootstrap is the path of the built program from testdata/bootstrap.
var bootstrap string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "bootstrap")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	bootstrap = filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bootstrap, "./testdata/bootstrap")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the function: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// about is what the test function reports about its process and its invocation.
type about struct {
	PID         int      `json:"pid"`
	RequestID   string   `json:"requestId"`
	ARN         string   `json:"arn"`
	DeadlineMS  int64    `json:"deadlineMs"`
	Trace       string   `json:"trace"`
	Environment []string `json:"environment"`
	Directory   string   `json:"directory"`
}

// newFunction returns the test function. The function how may change its configuration. The test
// function is closed at the end of the test.
func newFunction(t testing.TB, how func(*lambda.Config)) *lambda.Function {
	t.Helper()
	cfg := lambda.Config{Name: "subject", Bootstrap: bootstrap, Timeout: time.Minute}
	if how != nil {
		how(&cfg)
	}
	f, err := lambda.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = f.Close(over)
	})
	return f
}

func invoke(f *lambda.Function, order string) (about, error) {
	response, err := f.Invoke(lambda.Invocation{Payload: []byte(order)})
	if err != nil {
		return about{}, err
	}
	var a about
	return a, json.Unmarshal(response, &a)
}

func mustInvoke(t *testing.T, f *lambda.Function, order string) about {
	t.Helper()
	a, err := invoke(f, order)
	if err != nil {
		t.Fatalf("%s: %v", order, err)
	}
	return a
}

// gate is a server that makes functions wait until the test opens it.
type gate struct {
	arrived  chan int      // process ids of functions that have arrived at the gate
	finished chan int      // process ids of functions that have continued after the test opened the gate
	open     chan struct{} // closed when the gate opens, which releases all functions
	order    string
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{arrived: make(chan int, 64), finished: make(chan int, 64), open: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("/arrived", func(w http.ResponseWriter, r *http.Request) {
		g.arrived <- pid(r)
		select {
		case <-g.open:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/finished", func(w http.ResponseWriter, r *http.Request) { g.finished <- pid(r) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	g.order = `{"do":"wait","url":"` + server.URL + `"}`
	return g
}

func pid(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("pid"))
	return n
}

// buffer is an output to which several goroutines may write.
type buffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *buffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(strings.TrimSuffix(b.all.String(), "\n"), "\n")
}

// invokerFunc is a Go function that takes the place of a Lambda function in tests.
type invokerFunc func(lambda.Invocation) ([]byte, error)

func (f invokerFunc) Invoke(in lambda.Invocation) ([]byte, error) { return f(in) }

func portOf(t *testing.T, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
