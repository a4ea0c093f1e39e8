package safehttp_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"masterhand/shared/kit/safehttp"
)

func TestClientChecksTheAddressItConnectsTo(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "fd00:ec2::254", "::ffff:127.0.0.1", "64:ff9b::7f00:1"} {
		for _, loopback := range []bool{false, true} {
			dns := answering(t, [][]netip.Addr{{netip.MustParseAddr(address), netip.MustParseAddr("192.168.0.1")}})
			client := safehttp.NewClient(safehttp.Config{Resolver: dns, Loopback: loopback})
			_, err := client.Get("https://acc.r2.cloudflarestorage.com/s3cr3t")
			var permanent interface{ Permanent() bool }
			if !errors.Is(err, safehttp.ErrAddress) || !errors.As(err, &permanent) || !permanent.Permanent() {
				t.Errorf("%s (loopback mode %v): %v, want ErrAddress, permanent", address, loopback, err)
			}
		}
	}
}

// A name may resolve to a public address at the first look-up and to an internal address at the
// connection. Such a name must be refused. So every connection checks its own address.
func TestClientRefusesARebindingName(t *testing.T) {
	t.Parallel()
	dns := answering(t, [][]netip.Addr{{netip.MustParseAddr("1.1.1.1")}, {netip.MustParseAddr("127.0.0.1")}})
	looked, err := dns.LookupNetIP(t.Context(), "ip4", "acc.r2.cloudflarestorage.com")
	if err != nil || len(looked) != 1 || safehttp.CheckAddress(looked[0]) != nil {
		t.Fatalf("the first look: %v, %v; want one public address", looked, err)
	}
	client := safehttp.NewClient(safehttp.Config{Resolver: dns, Loopback: true})
	for range 2 {
		if _, err := client.Get("https://acc.r2.cloudflarestorage.com/"); !errors.Is(err, safehttp.ErrAddress) {
			t.Errorf("got %v, want ErrAddress", err)
		}
	}
}

func TestLoopbackNameThatLeadsElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	if err := safehttp.LoopbackOnly("tcp4", "10.0.0.1:9000", nil); !errors.Is(err, safehttp.ErrAddress) {
		t.Errorf("got %v, want ErrAddress", err)
	}
	if err := safehttp.LoopbackOnly("tcp6", "[::1]:9000", nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

// closer is a body that records that it was closed.
type closer struct {
	io.Reader
	closed atomic.Bool
}

func (c *closer) Close() error { c.closed.Store(true); return nil }

func TestClientChecksURLsThatBypassThePolicy(t *testing.T) {
	t.Parallel()
	client := safehttp.NewClient(safehttp.Config{})
	for raw, want := range map[string]error{
		"http://api.trigger.dev/":       safehttp.ErrScheme,
		"http://api.trigger.dev:443/":   safehttp.ErrScheme,
		"https://api.trigger.dev:8443/": safehttp.ErrPort,
		"https://u:p@api.trigger.dev/":  safehttp.ErrUserInfo,
		"https://127.0.0.1/":            safehttp.ErrLiteral,
		"http://127.0.0.1:9000/":        safehttp.ErrScheme,
		"https://exämple.com/":          safehttp.ErrName,
	} {
		body := &closer{Reader: strings.NewReader("x")}
		req, err := http.NewRequest(http.MethodPut, raw, body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(req); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", raw, err, want)
		}
		if !body.closed.Load() {
			t.Errorf("%s: the body was not closed", raw)
		}
	}
}

func TestLoopbackClientPuts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.ContentLength != 5 || len(r.TransferEncoding) != 0 || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("length %d, transfer encoding %v, header %v", r.ContentLength, r.TransferEncoding, r.Header)
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	for _, base := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), strings.Replace(server.URL, "127.0.0.1", "B.r2.localhost", 1)} {
		client := safehttp.NewClient(safehttp.Config{Loopback: true})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, base+"/b/k?s=1", strings.NewReader("bytes"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != "bytes" {
			t.Errorf("the answer is %q, %v", got, err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		client.CloseIdleConnections()
	}
}

func TestClientFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	var status int
	var location string
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(status)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client := safehttp.NewClient(safehttp.Config{Loopback: true})
	for _, status = range []int{301, 302, 303, 307, 308} {
		for _, location = range []string{server.URL + "/elsewhere", "/elsewhere", "http://[s3cr3t", ""} {
			resp, err := client.Post(server.URL, "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatalf("%d to %q: %v", status, location, err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != status || resp.Header.Get("Location") != "" {
				t.Errorf("%d to %q came back as %d to %q", status, location, resp.StatusCode, resp.Header.Get("Location"))
			}
		}
	}
	if followed.Load() != 0 {
		t.Errorf("%d redirects were followed", followed.Load())
	}
}

func TestClientTLS(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		http2, trusted bool
		version        uint16
		proto, err     string
	}{
		"HTTP/1.1 unless told":            {http2: false, trusted: true, version: tls.VersionTLS13, proto: "HTTP/1.1"},
		"HTTP/2 when told":                {http2: true, trusted: true, version: tls.VersionTLS12, proto: "HTTP/2.0"},
		"TLS 1.1 is too old":              {trusted: true, version: tls.VersionTLS11, err: "protocol version"},
		"a certificate of one's own make": {trusted: false, version: tls.VersionTLS13, err: "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			server.EnableHTTP2 = true
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: test.version}
			server.Config.ErrorLog = quiet()
			server.StartTLS()
			t.Cleanup(server.Close)
			cfg := safehttp.Config{Loopback: true, HTTP2: test.http2}
			if test.trusted {
				cfg.RootCAs = x509.NewCertPool()
				cfg.RootCAs.AddCert(server.Certificate())
			}
			resp, err := safehttp.NewClient(cfg).Get(server.URL)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want an error about the %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.Proto != test.proto {
				t.Errorf("spoke %s, want %s", resp.Proto, test.proto)
			}
		})
	}
}

func TestHeaderTimeout(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	_, err := safehttp.NewClient(safehttp.Config{Loopback: true, HeaderTimeout: time.Millisecond}).Get(server.URL)
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("got %v, want a timeout", err)
	}
}

func TestTransportSettings(t *testing.T) {
	t.Parallel()
	standard := safehttp.TransportOf(safehttp.NewClient(safehttp.Config{}))
	if standard.Proxy != nil || !standard.DisableCompression || standard.DisableKeepAlives || standard.TLSClientConfig.RootCAs != nil {
		t.Error("the zero configuration has a proxy, compression, no keep-alives or other roots than the system's")
	}
	if standard.ResponseHeaderTimeout != time.Minute || standard.TLSHandshakeTimeout != 10*time.Second || standard.MaxIdleConnsPerHost != 2 {
		t.Errorf("timeouts %v, %v; idle %d", standard.ResponseHeaderTimeout, standard.TLSHandshakeTimeout, standard.MaxIdleConnsPerHost)
	}
	told := safehttp.TransportOf(safehttp.NewClient(safehttp.Config{HeaderTimeout: time.Second, IdlePerHost: 9}))
	if told.ResponseHeaderTimeout != time.Second || told.MaxIdleConnsPerHost != 9 {
		t.Errorf("timeout %v; idle %d", told.ResponseHeaderTimeout, told.MaxIdleConnsPerHost)
	}
}
