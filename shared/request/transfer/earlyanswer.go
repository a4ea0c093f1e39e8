package transfer

import (
	"context"
	"net"
	"sync"
	"time"
)

// earlyAnswerTimeout is the longest time that a failed write waits until the client has finished
// reading the answer.
const earlyAnswerTimeout = time.Second

// Dial is the type of [net.Dialer.DialContext].
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// ReadEarlyAnswers returns a dialer whose connections let the client read an answer that arrived
// before the request was sent whole. This is needed because a server that refuses an upload
// answers, and then closes the connection: the client's next write fails, and net/http often gives
// up before it has read the answer. On these connections, a failed write returns only when reading
// has ended, or after a second.
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
