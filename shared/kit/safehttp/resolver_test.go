package safehttp_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// answering returns a resolver that queries a fake DNS server. The server answers the first
// question for A records with answers[0], the second with answers[1], and so on; it repeats the
// last element. It answers any other question with the element for the next question for A records.
func answering(t *testing.T, answers [][]netip.Addr) *net.Resolver {
	t.Helper()
	var mu sync.Mutex
	asked := 0
	reply := func(query []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		current := answers[min(asked, len(answers)-1)]
		question := questionOf(query)
		wanted := binary.BigEndian.Uint16(question[len(question)-4:])
		if wanted == typeA {
			asked++
		}
		return response(query, question, wanted, current)
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server, reply)
		return client, nil
	}}
}

const (
	typeA    = 1
	typeAAAA = 28
)

// serve answers DNS queries until the other end is closed. The queries have the frames of DNS
// over TCP.
func serve(conn net.Conn, reply func([]byte) []byte) {
	defer func() { _ = conn.Close() }()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		query := make([]byte, length)
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := reply(query)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// questionOf returns the first question (name, type, class) of a query.
func questionOf(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	return query[12 : end+5]
}

func response(query, question []byte, wanted uint16, addresses []netip.Addr) []byte {
	var records []byte
	count := uint16(0)
	for _, addr := range addresses {
		if (wanted == typeA && addr.Is4()) || (wanted == typeAAAA && addr.Is6()) {
			data := addr.AsSlice()
			records = append(records, 0xc0, 12) // add a pointer to the question's name
			records = binary.BigEndian.AppendUint16(records, wanted)
			records = append(records, 0, 1, 0, 0, 0, 0, 0, byte(len(data)))
			records = append(records, data...)
			count++
		}
	}
	header := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1}, byte(count>>8), byte(count), 0, 0, 0, 0)
	return append(append(header, question...), records...)
}
