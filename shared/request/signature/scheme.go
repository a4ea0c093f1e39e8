// Package signature verifies that a webhook was sent by a holder of the secret.
//
// Outpost, the program that sends the platform's webhooks, has three schemes, all HMAC-SHA256 in
// hex or base64. The configuration states a destination's scheme; it is never guessed. Invariants:
//
//   - The raw bytes are verified before anything parses them.
//   - The grammar is strict: a header that deviates is refused even if one of its digests
//     would match.
//   - Every digest is compared with every key in constant time, and the number of digests is
//     bounded.
package signature

import (
	"errors"
	"fmt"
)

// Scheme is the name of a way to sign.
type Scheme string

// The schemes. Each comment states the header and the signed bytes.
const (
	// Outpost is the current default: "X-Outpost-Signature: v0=hex[,hex…]" over the body only.
	Outpost Scheme = "outpost"
	// OutpostTimestamped was the default before Outpost v0.12: "X-Outpost-Signature:
	// t=unix,v0=hex[,hex…]" over "unix.body".
	OutpostTimestamped Scheme = "outpost-timestamped"
	// Standard is the mode Standard Webhooks: "Webhook-Signature: v1,base64[ v1,base64…]" over
	// "id.timestamp.body", with the headers Webhook-Id and Webhook-Timestamp.
	Standard Scheme = "standard"
)

// ErrScheme means that a scheme's name is unknown.
var ErrScheme = errors.New(`unknown signature scheme (use "outpost", "outpost-timestamped" or "standard")`)

// ParseScheme returns the scheme with the configured name. The empty name means Outpost.
func ParseScheme(name string) (Scheme, error) {
	switch s := Scheme(name); s {
	case "":
		return Outpost, nil
	case Outpost, OutpostTimestamped, Standard:
		return s, nil
	}
	return "", fmt.Errorf("%w: %.40q", ErrScheme, name)
}
