package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"masterhand/infra/local/sim/child"
	"masterhand/shared/request/transfer/transfertest"
)

// runTimeout is the time limit for one run of one contestant.
const runTimeout = 5 * time.Minute

// bench holds the addresses of the source, from which contestants read objects, and of the sink, to
// which they upload objects. Each of the two is a server process, which ends with this process.
type bench struct {
	out    io.Writer // writer for the progress
	self   string    // path of this program's binary
	dir    string    // folder that holds the certificate of the servers
	source addresses
	sink   addresses
	runs   int              // number of runs of contestants that have been started until now
	sums   map[int64]string // SHA-256 in hex, with a line break, of each object; the key is the object's size
}

// newBench starts the two servers. The caller must call close.
func newBench(ctx context.Context, out io.Writer) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "masterhand-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	b := &bench{out: out, self: self, dir: dir, sums: make(map[int64]string)}
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

// close removes the files of the bench.
func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// serve starts this program as a server in the given role, and returns the server's addresses.
func (b *bench) serve(ctx context.Context, role string) (addresses, error) {
	var at addresses
	cmd := exec.CommandContext(ctx, b.self, role, b.dir)
	cmd.Stderr = os.Stderr
	// The server stops when its standard input ends. This process does not close the pipe, so the
	// pipe ends together with this process.
	if _, err := cmd.StdinPipe(); err != nil {
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

// task is the work of a contestant in one run: to move one object over one link.
type task struct {
	link   string // name of the emulated link: a key of the map links
	size   int64  // size of the object in bytes
	secure bool   // whether the connections to the source and to the sink use TLS
	share  string // folder of the cgroup in which the contestant runs; "" means none
}

// once lets a contestant do a task once, and measures it. It returns an error unless the sink
// received exactly the bytes that the source sent.
func (b *bench) once(ctx context.Context, c contestant, t task) (measurement, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	b.runs++
	path := fmt.Sprintf("/uploads/%s/%d/%d", t.link, b.runs, t.size)
	commands := c.commands(job{
		from: fmt.Sprintf("%s/masters/%s/%d/%d/object", b.source.of(t.secure), t.link, b.runs, t.size),
		to:   b.sink.of(t.secure) + path,
		size: t.size,
		dir:  b.dir,
	})
	m, err := measure(ctx, b.within(t.share, commands), b.environment())
	if err != nil {
		return m, err
	}
	got, err := ask(ctx, b.sink.Plain+path)
	if err != nil {
		return m, err
	}
	if got != whole {
		return m, fmt.Errorf("the sink took %s", cmp.Or(got, "nothing"))
	}
	if want := b.sum(t.size); c.hashes && m.printed != want {
		return m, fmt.Errorf("the contestant hashed %q, want %q", m.printed, want)
	}
	if told, err := ask(ctx, fmt.Sprintf("%s/counts/%d", b.source.Plain, b.runs)); err != nil {
		return m, err
	} else if err := json.Unmarshal([]byte(told), &m.counts); err != nil {
		return m, fmt.Errorf("asking the source: %w", err)
	}
	fmt.Fprintf(b.out, "  %-18s %7.2f s %6.0f MB/s %6.1f MiB %6.2f s of CPU\n", c.name, m.wall.Seconds(),
		float64(t.size)/1e6/m.wall.Seconds(), float64(m.memory)/mib, m.cpu.Seconds())
	return m, nil
}

// within returns commands that run the given commands in the cgroup of the given folder. If folder
// is "", it returns the given commands unchanged.
func (b *bench) within(folder string, commands [][]string) [][]string {
	if folder == "" {
		return commands
	}
	var wrapped [][]string
	for _, command := range commands {
		wrapped = append(wrapped, append([]string{b.self, "within", folder}, command...))
	}
	return wrapped
}

// environment returns the contestants' environment variables: those of this process, without those
// that would lead a contestant to other servers, and with the certificate that they must trust.
func (b *bench) environment() []string {
	return append(foreign(os.Environ()), "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true", "SSL_CERT_FILE="+filepath.Join(b.dir, certificateFile), "GODEBUG=x509usefallbackroots=1")
}

// ask sends a GET request to a server and returns the body of the answer.
func ask(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking a server: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("asking a server: status %d", response.StatusCode)
	}
	return string(text), err
}

// sum returns a line with the SHA-256, in hex, of the test object of the given size.
func (b *bench) sum(size int64) string {
	if b.sums[size] == "" {
		sum := sha256.New()
		object := io.NewSectionReader(transfertest.Pattern{Size: size}, 0, size)
		// The structs hide the other methods of sum and object, so that CopyBuffer uses the given
		// buffer. The error is ignored: neither reading nor hashing can fail.
		_, _ = io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{object}, make([]byte, 64<<10))
		b.sums[size] = fmt.Sprintf("%x\n", sum.Sum(nil))
	}
	return b.sums[size]
}
