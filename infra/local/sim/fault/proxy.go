package fault

import (
	"errors"
	"io"
	"log"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
)

// Proxy forwards requests to a service, with the host and the query that the client sent, because
// the signature of a request covers both. A proxy can listen before the service starts, so that the
// proxy's address can be in the configuration of the service's clients. [Proxy.To] must be called
// before the first request.
type Proxy struct {
	httputil.ReverseProxy
	service atomic.Pointer[url.URL]
}

// NewProxy returns a proxy. It logs nothing, because its log would contain URLs that are
// credentials.
func NewProxy() *Proxy {
	p := &Proxy{}
	p.ErrorLog = log.New(io.Discard, "", 0)
	p.Rewrite = func(r *httputil.ProxyRequest) {
		r.SetURL(p.service.Load())
		r.Out.Host = r.In.Host
		r.Out.URL.RawQuery = r.In.URL.RawQuery
	}
	return p
}

// To sets the address of the service, for example "http://127.0.0.1:9000".
func (p *Proxy) To(address string) error {
	service, err := url.Parse(address)
	if err != nil || service.Host == "" {
		// The error err is left out of the message, because err quotes the address.
		return errors.New("the address of a service must be a URL with a host")
	}
	p.service.Store(service)
	return nil
}
