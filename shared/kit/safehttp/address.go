package safehttp

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"syscall"
)

// notPublic4 lists the IPv4 ranges that have no public servers, from IANA's special-purpose
// address registry.
var notPublic4 = prefixes(
	"0.0.0.0/8",       // "this network" (RFC 791)
	"10.0.0.0/8",      // private network
	"100.64.0.0/10",   // carrier-grade NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local: instance and task metadata, Lambda's own services
	"172.16.0.0/12",   // private network
	"192.0.0.0/24",    // reserved for protocols
	"192.0.2.0/24",    // reserved for examples in documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private network
	"198.18.0.0/15",   // reserved for benchmarks of networks
	"198.51.100.0/24", // reserved for examples in documentation
	"203.0.113.0/24",  // reserved for examples in documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved; the last address is the broadcast address
)

// public6 is the part of IPv6 that is assigned for public use. Other addresses are loopback,
// unique-local (fd00:ec2::254 is the instance metadata), link-local, site-local and multicast
// addresses, and older formats that embed an IPv4 address.
var public6 = prefixes("2000::/3")

// notPublic6 lists the ranges inside public6 that are not public.
var notPublic6 = prefixes(
	"2001::/23",     // reserved for protocols: Teredo (embeds an IPv4 address), benchmarks, ORCHID
	"2001:db8::/32", // reserved for examples in documentation
	"2002::/16",     // 6to4: embeds an IPv4 address
	"3fff::/20",     // reserved for examples in documentation
)

// nat64 is the prefix of the IPv6 addresses that a DNS64 resolver returns for IPv4 hosts.
var nat64 = prefixes("64:ff9b::/96")

// prefixes returns a function that reports whether an address is in one of the ranges. It parses
// the ranges at its first call.
func prefixes(texts ...string) func(netip.Addr) bool {
	parsed := sync.OnceValue(func() []netip.Prefix {
		list := make([]netip.Prefix, len(texts))
		for i, text := range texts {
			list[i] = netip.MustParsePrefix(text)
		}
		return list
	})
	return func(addr netip.Addr) bool {
		return slices.ContainsFunc(parsed(), func(p netip.Prefix) bool { return p.Contains(addr) })
	}
}

// CheckAddress returns ErrAddress unless addr is a public unicast address. If an IPv6 address
// embeds an IPv4 address (mapped, NAT64), CheckAddress checks the IPv4 address.
func CheckAddress(addr netip.Addr) error {
	if !isPublic(addr) {
		return fmt.Errorf("%w: %s", ErrAddress, addr)
	}
	return nil
}

func isPublic(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" {
		return false
	}
	addr = addr.Unmap()
	if nat64(addr) {
		b := addr.As16()
		addr = netip.AddrFrom4([4]byte(b[12:]))
	}
	if addr.Is4() {
		return !notPublic4(addr)
	}
	return public6(addr) && !notPublic6(addr)
}

// publicOnly is a hook for [net.Dialer.Control]. The dialer calls it with the resolved address
// right before it connects. The hook allows only port 443 of public addresses.
func publicOnly(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrAddress
	}
	if target.Port() != 443 {
		return fmt.Errorf("%w: %d", ErrPort, target.Port())
	}
	return CheckAddress(target.Addr())
}

// loopbackOnly is a hook for [net.Dialer.Control] that allows only this machine's own addresses.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !target.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%w: a loopback name that leads elsewhere", ErrAddress)
	}
	return nil
}
