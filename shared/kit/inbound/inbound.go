// Package inbound describes a request to one of our URLs and the answer to it, whatever
// brought it.
package inbound

// Request is a request as it came in.
type Request struct {
	Method string
	Path   string            // as it came, escapes included; it may hold a token
	Query  string            // as it came, without "?"
	Header map[string]string // names in lower case; values of a repeated header are joined by commas
	Body   []byte            // raw, base64 already taken off
	From   string            // the address that it came from
}

// Value returns the value of a header by its name in lower case, "" where it is absent.
func (r Request) Value(name string) string { return r.Header[name] }

// Answer is what the caller gets: a status and one word, in lower case.
type Answer struct {
	Status  int
	Outcome string
}
