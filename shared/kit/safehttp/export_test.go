package safehttp

import "net/http"

// PublicOnly is the hook that sees every resolved address: tests hand it public
// ones, to which they must not connect.
var PublicOnly = publicOnly

// TransportOf is the transport inside a client.
func TransportOf(client *http.Client) *http.Transport { return client.Transport.(*guard).Transport }

// LoopbackOnly is the same hook for loopback mode's own names.
var LoopbackOnly = loopbackOnly
