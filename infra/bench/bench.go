package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"masterhand/infra/local/sim/child"
	"masterhand/shared/request/transfer/transfertest"
)

// runTimeout bounds one run of one contestant.
const runTimeout = 2 * time.Minute

// bench is the two servers that contestants move objects between. Both are
// processes of their own and end with this one.
type bench struct {
	self   string // this program
	dir    string // of the certificate
	source addresses
	sink   addresses
	count  int // uploads so far; each has a path of its own
}

func newBench(ctx context.Context) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "masterhand-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	b := &bench{self: self, dir: dir}
	if err := b.start(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) start(ctx context.Context) (err error) {
	if err = writeCertificate(b.dir); err != nil {
		return err
	}
	if b.source, err = b.serve(ctx, "source"); err != nil {
		return err
	}
	b.sink, err = b.serve(ctx, "sink")
	return err
}

// close removes what the bench wrote.
func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// serve starts this program as a server and returns where it listens.
func (b *bench) serve(ctx context.Context, role string) (addresses, error) {
	var at addresses
	cmd := exec.CommandContext(ctx, b.self, role, b.dir)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // open as long as this process lives
		return at, fmt.Errorf("starting the %s: %w", role, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return at, fmt.Errorf("starting the %s: %w", role, err)
	}
	if _, err := child.Start(cmd); err != nil {
		return at, err
	}
	if err := json.NewDecoder(stdout).Decode(&at); err != nil {
		return at, fmt.Errorf("waiting for the %s: %w", role, err)
	}
	return at, nil
}

// once runs a contestant once and compares what arrived with want, a receipt.
func (b *bench) once(ctx context.Context, c contestant, size int64, secure bool, want string) (measurement, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	b.count++
	path := fmt.Sprintf("/uploads/%d", b.count)
	m, err := measure(ctx, c.commands(job{
		from: fmt.Sprintf("%s/masters/%d/object", b.source.of(secure), size),
		to:   b.sink.of(secure) + path,
		size: size,
		dir:  b.dir,
	}))
	if err != nil {
		return m, err
	}
	got, err := arrived(ctx, b.sink.Plain+path)
	if err == nil && got != want {
		err = fmt.Errorf("other bytes arrived: %q, want %q", got, want)
	}
	return m, err
}

// arrived asks the sink for its receipt.
func arrived(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking the sink: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return string(text), err
}

// expected returns the receipt for an object of one size.
func expected(size int64) string {
	sum := sha256.New()
	object := io.NewSectionReader(transfertest.Pattern{Size: size}, 0, size)
	// Hiding the hash's other methods keeps the copy on this buffer.
	_, _ = io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{object}, make([]byte, 64<<10)) // neither end fails
	return receipt(sum.Sum(nil), size)
}
