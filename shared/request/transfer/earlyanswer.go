package transfer

import (
	"context"
	"net"
	"sync"
	"time"
)

// earlyAnswerTimeout is how long a failed write waits at most for the client to read the answer.
const earlyAnswerTimeout = time.Second

// Dial is the type of [net.Dialer.DialContext].
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// ReadEarlyAnswers returns a dialer for a client that must read an answer even if it arrives before
// the request was sent whole. A server that refuses an upload answers at once and closes the
// connection. The client's next write then fails, and net/http often gives up before it has read
// the answer. Therefore a failed write on these connections returns late: when nothing more can be
// read, or after a second.
func ReadEarlyAnswers(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &answerConn{Conn: conn, over: make(chan struct{})}, nil
	}
}

// answerConn is a connection whose failed writes wait until the channel over is closed.
type answerConn struct {
	net.Conn
	once sync.Once
	over chan struct{} // a channel that is closed when no more bytes will be read
}

// Read implements [net.Conn].
func (c *answerConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.once.Do(func() { close(c.over) })
	}
	return n, err
}

// Write implements [net.Conn].
func (c *answerConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		timer := time.NewTimer(earlyAnswerTimeout)
		defer timer.Stop()
		select {
		case <-c.over:
		case <-timer.C:
		}
	}
	return n, err
}

// Close implements [net.Conn].
func (c *answerConn) Close() error {
	c.once.Do(func() { close(c.over) })
	return c.Conn.Close()
}
