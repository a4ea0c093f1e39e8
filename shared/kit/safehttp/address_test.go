package safehttp_test

import (
	"errors"
	"net/netip"
	"testing"

	"masterhand/shared/kit/safehttp"
)

// refused holds the first and the last address of every refused range, and addresses inside the
// ranges that an attacker may want to reach.
var refused = []string{
	"0.0.0.0", "0.255.255.255",
	"10.0.0.0", "10.255.255.255",
	"100.64.0.0", "100.127.255.255",
	"127.0.0.0", "127.0.0.1", "127.255.255.255",
	"169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.100.1", "169.254.255.255",
	"172.16.0.0", "172.31.255.255",
	"192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255",
	"192.88.99.0", "192.88.99.255",
	"192.168.0.0", "192.168.255.255",
	"198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255",
	"203.0.113.0", "203.0.113.255",
	"224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
	"::", "::1", "::127.0.0.1", "::8.8.8.8",
	"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
	"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8",
	"100::1", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::",
	"2001:db8::1", "2001:db8:ffff::1",
	"2002::", "2002:7f00:1::1", "2002:a00:1::1", "2002:ffff::1",
	"3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
	"fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "ff02::1", "ffff::1",
	"2606:4700::1%eth0",
}

// public holds the public addresses directly before and after the refused ranges.
var public = []string{
	"1.0.0.0", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0",
	"192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
	"198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
	"::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
	"2000::1", "2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700::1111", "3ffe::1", "3fff:1000::1",
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, text := range refused {
		if err := safehttp.CheckAddress(netip.MustParseAddr(text)); !errors.Is(err, safehttp.ErrAddress) {
			t.Errorf("CheckAddress(%s) = %v, want ErrAddress", text, err)
		}
	}
	for _, text := range public {
		if err := safehttp.CheckAddress(netip.MustParseAddr(text)); err != nil {
			t.Errorf("CheckAddress(%s) = %v", text, err)
		}
	}
	if err := safehttp.CheckAddress(netip.Addr{}); !errors.Is(err, safehttp.ErrAddress) {
		t.Errorf("no address: %v, want ErrAddress", err)
	}
}

func TestPublicOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]error{
		"1.1.1.1:443":                nil,
		"[2606:4700::1111]:443":      nil,
		"1.1.1.1:80":                 safehttp.ErrPort,
		"[2606:4700::1111]:8443":     safehttp.ErrPort,
		"10.0.0.1:443":               safehttp.ErrAddress,
		"[::ffff:169.254.1.1]:443":   safehttp.ErrAddress,
		"[fe80::1%lo]:443":           safehttp.ErrAddress,
		"api.trigger.dev:443":        safehttp.ErrAddress,
		"":                           safehttp.ErrAddress,
		"/run/containerd.sock":       safehttp.ErrAddress,
		"[64:ff9b::169.254.1.1]:443": safehttp.ErrAddress,
	} {
		if err := safehttp.PublicOnly("tcp4", address, nil); !errors.Is(err, want) {
			t.Errorf("PublicOnly(%q) = %v, want %v", address, err, want)
		}
	}
}
