package crash_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrNoSender means that Sender found no process on this machine that has the connection.
var ErrNoSender = errors.New("no process at the sender's end")

// Sender returns the id of the process that sends from one address to another, for example from
// "127.0.0.1:40001" to "127.0.0.1:8080". It returns ErrNoSender if it finds no such process.
func Sender(from, to string) (pid int, err error) {
	inode, err := socket(from, to)
	if err != nil {
		return 0, err
	}
	link := "socket:[" + inode + "]"
	files, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		// An error is ignored, because the process may have ended after the files were listed.
		if to, err := os.Readlink(file); err == nil && to == link {
			return strconv.Atoi(strings.Split(file, "/")[2])
		}
	}
	return 0, ErrNoSender
}

// socket returns the inode of the TCP socket with these two addresses.
func socket(local, remote string) (string, error) {
	localWord, err := word(local)
	if err != nil {
		return "", err
	}
	remoteWord, err := word(remote)
	if err != nil {
		return "", err
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) > 9 && fields[1] == localWord && fields[2] == remoteWord {
			return fields[9], nil
		}
	}
	return "", ErrNoSender
}

// word formats an IPv4 address with a port as in /proc/net/tcp. There, the four bytes of the
// address are one hexadecimal number in the byte order of the machine.
func word(address string) (string, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().Is4() {
		return "", fmt.Errorf("%q is no IPv4 address with a port", address)
	}
	ip := a.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), a.Port()), nil
}
