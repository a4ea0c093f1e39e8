package gateway_test

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"masterhand/events"
	"masterhand/infra/local/sim/gateway"
	"masterhand/shared/request/signature"
)

// TestRequestsEqualCapturedBytes sends the event of each capture and compares the bytes: request
// line, headers in order, and body. Only times and ports may differ.
func TestRequestsEqualCapturedBytes(t *testing.T) {
	t.Parallel()
	captures, err := events.Captures()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var keys []signature.Key
			for _, secret := range c.SignedWith {
				keys = append(keys, key(t, c.Scheme, secret))
			}
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			got := make(chan []string, 1)
			go func() { got <- head(listener) }()
			s := gateway.New(gateway.Config{
				Endpoint: "http://" + listener.Addr().String() + "/ok", Scheme: c.Scheme, Keys: keys, Now: c.ReceivedAt.UTC,
			})
			defer s.Close()
			id := c.Header("X-Outpost-Event-Id") + c.Header("Webhook-Id")
			sent := gateway.Event{ID: id, Topic: c.Header("X-Outpost-Topic") + c.Header("Webhook-Topic"), Body: c.Body}
			// The event of this capture had metadata. Outpost sends metadata as headers.
			if c.Name == "topic_star" {
				sent.Header = map[string][]string{"X-Api-Key": {"k1"}, "X-Outpost-App-Id": {"m1"}}
			}
			s.Send(t.Context(), sent) // the result is ignored: the server never answers, so sending fails

			want := []string{"POST /ok HTTP/1.1", "Host: " + listener.Addr().String()}
			for _, header := range c.Headers[1:] {
				want = append(want, header[0]+": "+header[1])
			}
			want = append(want, "", string(c.Body))
			if lines := <-got; !slices.Equal(lines, want) {
				t.Errorf("sent\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// head reads one request from a new connection. It returns the lines of the request, an empty line
// and the body.
func head(listener net.Listener) []string {
	conn, err := listener.Accept()
	if err != nil {
		return []string{err.Error()}
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	var lines []string
	length := 0
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return append(lines, err.Error())
		}
		line = strings.TrimSuffix(line, "\r\n")
		lines = append(lines, line)
		_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
		if line == "" {
			break
		}
	}
	body := make([]byte, length)
	for read := 0; read < length; {
		n, err := reader.Read(body[read:])
		if err != nil {
			return append(lines, err.Error())
		}
		read += n
	}
	return append(lines, string(body))
}
