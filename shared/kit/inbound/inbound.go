// Package inbound describes a request to one of our URLs and its answer, independent of the
// transport.
package inbound

// Request is a request as it was received.
type Request struct {
	Method string
	Path   string            // as received, with escapes; the path may contain a token
	Query  string            // as received, without "?"
	Header map[string]string // names in lower case; the values of a repeated header are joined by commas
	Body   []byte            // raw bytes, after base64 decoding
	From   string            // the IP address of the client that sent the request
}

// Value returns a header's value, or "" if the header is absent. The name must be in lower case.
func (r Request) Value(name string) string { return r.Header[name] }

// Answer is the answer to a request: a status and one word in lower case.
type Answer struct {
	Status  int
	Outcome string
}
