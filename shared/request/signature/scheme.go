// Package signature verifies that a webhook comes from who holds the secret.
//
// Outpost, the program that sends the platform's webhooks, knows three schemes,
// all HMAC-SHA256 in hex or base64; which one a destination uses is
// configuration, never guessed. Invariants:
//
//   - The raw bytes are verified, before anything parses them.
//   - The grammar is strict: a header that deviates is refused even where one of
//     its digests would match.
//   - Every digest is compared with every key in constant time, and how many
//     there are is bounded.
package signature

import (
	"errors"
	"fmt"
)

// Scheme names how a sender signs.
type Scheme string

// The schemes. Each comment gives header and signed bytes.
const (
	// Outpost is today's default: "X-Outpost-Signature: v0=hex[,hex…]" over the body alone.
	Outpost Scheme = "outpost"
	// OutpostTimestamped was the default before Outpost v0.12:
	// "X-Outpost-Signature: t=unix,v0=hex[,hex…]" over "unix.body".
	OutpostTimestamped Scheme = "outpost-timestamped"
	// Standard is the Standard Webhooks mode: "Webhook-Signature: v1,base64[ v1,base64…]"
	// over "id.timestamp.body", with Webhook-Id and Webhook-Timestamp beside it.
	Standard Scheme = "standard"
)

// ErrScheme is an unknown scheme's name.
var ErrScheme = errors.New(`unknown signature scheme (use "outpost", "outpost-timestamped" or "standard")`)

// ParseScheme turns a configured name into a Scheme; the empty name is Outpost.
func ParseScheme(name string) (Scheme, error) {
	switch s := Scheme(name); s {
	case "":
		return Outpost, nil
	case Outpost, OutpostTimestamped, Standard:
		return s, nil
	}
	return "", fmt.Errorf("%w: %.40q", ErrScheme, name)
}
