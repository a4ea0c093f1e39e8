// Package destination knows who may send webhooks: each destination has a
// signature scheme, any number of secrets, a library of masters, and the hosts
// that its upload and callback URLs may lead to.
//
// Invariants:
//
//   - No error shows any value out of the list: a secret may stand in any field
//     by mistake.
//   - A list is taken whole or not at all, and one that does not parse never
//     replaces one that did.
//   - However many forged requests come, the list is loaded a bounded number of
//     times.
package destination

import (
	"slices"

	"masterhand/shared/request/signature"
)

// What a destination has where the list does not say.
const (
	// DefaultLibrary is the library of a deployment with one team.
	DefaultLibrary = "default"
	// DefaultUploadHosts is every account of Cloudflare's R2: a destination should
	// pin its own account's host.
	DefaultUploadHosts = "*.r2.cloudflarestorage.com"
	// DefaultCallbackHosts is Trigger.dev's cloud.
	DefaultCallbackHosts = "api.trigger.dev"
)

// Destination is one webhook configuration of a platform.
type Destination struct {
	// Name tells destinations apart in logs, metrics and the ledger: 1 to 64
	// printable ASCII characters, no two alike in a list.
	Name string
	// Scheme is how the platform signs.
	Scheme signature.Scheme
	// Keys are the secrets in the list's order, several while a secret rotates. A destination
	// without secrets has a queue or a bucket: it authenticates no webhook.
	Keys []signature.Key
	// Library is the name of the library that its requests are answered from.
	Library string
	// UploadHosts and CallbackHosts are patterns as in safehttp.Policy, never empty.
	UploadHosts   []string
	CallbackHosts []string
}

// Pinned reports whether uploads are held to hosts of the platform's own: not
// all of R2 is allowed.
func (d Destination) Pinned() bool { return !slices.Contains(d.UploadHosts, DefaultUploadHosts) }
