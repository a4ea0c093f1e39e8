package safehttp

import "net/http"

// PublicOnly is the dial hook that checks every resolved address. Tests call it with public
// addresses, because tests must not connect to these.
var PublicOnly = publicOnly

// TransportOf returns the transport inside a client.
func TransportOf(client *http.Client) *http.Transport { return client.Transport.(*guard).Transport }

// LoopbackOnly is the dial hook that allows only this machine's own addresses.
var LoopbackOnly = loopbackOnly
