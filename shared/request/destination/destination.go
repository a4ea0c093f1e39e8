// Package destination contains the list of the destinations that may send webhooks. Each
// destination has a signature scheme, any number of secrets, a library of masters, and the hosts
// that upload and callback URLs may name.
//
// Invariants:
//
//   - No error shows a value of the list, because any field may contain a secret by mistake.
//   - A list is accepted completely or not at all. A list that does not parse never replaces
//     a good one.
//   - Forged requests cause only a bounded number of loads of the list, however many come.
package destination

import (
	"slices"

	"masterhand/shared/request/signature"
)

// The default values of fields that the list omits.
const (
	// DefaultLibrary is the library's name in a deployment with a single team.
	DefaultLibrary = "default"
	// DefaultUploadHosts allows every account of Cloudflare's R2. A destination should allow only
	// its own account's host.
	DefaultUploadHosts = "*.r2.cloudflarestorage.com"
	// DefaultCallbackHosts is the host of Trigger.dev's cloud.
	DefaultCallbackHosts = "api.trigger.dev"
)

// Destination is one webhook configuration of a platform.
type Destination struct {
	// Name identifies the destination in logs, metrics and the ledger: 1 to 64 printable ASCII
	// characters, unique in the list.
	Name string
	// Scheme is the platform's signature scheme.
	Scheme signature.Scheme
	// Keys are the secrets in the list's order. There are several while a secret is rotated. There
	// are none if the destination's events come only through a queue or a bucket; every webhook is
	// then refused.
	Keys []signature.Key
	// Library is the name of the library of masters with which the destination's requests are
	// answered.
	Library string
	// UploadHosts and CallbackHosts are host patterns as in safehttp.Policy. Neither list is empty.
	UploadHosts   []string
	CallbackHosts []string
}

// Pinned reports whether uploads may go only to the platform's own hosts, not to all of R2.
func (d Destination) Pinned() bool { return !slices.Contains(d.UploadHosts, DefaultUploadHosts) }
