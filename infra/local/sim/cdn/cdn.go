// Package cdn simulates the file hosts of platforms that make creatives, such as Hoox's host.
// Each file has a link that nobody can guess and a strong ETag. A client can read the whole file or
// ranges of it.
//
//	host, err := cdn.Open()
//	defer host.Close()
//	link := host.Serve("film.mp4", film)
package cdn

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"masterhand/shared/kit/capability"
)

// Host serves files on 127.0.0.1.
type Host struct {
	server  *http.Server
	address string

	mu    sync.Mutex
	files map[string]file // files by the path of their link
}

type file struct {
	name string
	data []byte
	etag string
}

// Open starts a host without files.
func Open() (*Host, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a file host: %w", err)
	}
	h := &Host{address: "http://" + listener.Addr().String(), files: map[string]file{}}
	h.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = h.server.Serve(listener) }()
	return h, nil
}

// Close stops the host and cuts running downloads.
func (h *Host) Close() { _ = h.server.Close() }

// Serve publishes a file and returns its link. Each call makes a new link.
func (h *Host) Serve(name string, data []byte) capability.URL {
	path := "/" + rand.Text() + "/" + name
	sum := sha256.Sum256(data)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[path] = file{name: name, data: data, etag: fmt.Sprintf(`"%x"`, sum[:16])}
	link, err := capability.Parse(h.address + path)
	if err != nil {
		panic(err) // happens only if a test passes a name that a URL cannot contain
	}
	return link
}

// ServeHTTP implements [http.Handler].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	f, ok := h.files[r.URL.Path]
	h.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", f.etag)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.data))
}
