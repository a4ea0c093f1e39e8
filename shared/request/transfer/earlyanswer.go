package transfer

import (
	"context"
	"net"
	"sync"
	"time"
)

// earlyAnswerTimeout is how long a failed write waits until the answer has been read.
const earlyAnswerTimeout = time.Second

// Dial is [net.Dialer.DialContext].
type Dial = func(ctx context.Context, network, address string) (net.Conn, error)

// ReadEarlyAnswers makes connections on which an answer that came before the request was
// sent is still read. A server that refuses an upload answers, closes and resets;
// the write that meets the reset fails, and net/http then closes the connection,
// often before it has read the answer that lies there and says why. So a failed
// write returns only once reading has come to its end too, or after a second.
func ReadEarlyAnswers(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &answerConn{Conn: conn, over: make(chan struct{})}, nil
	}
}

// answerConn is a connection whose failed writes wait for over.
type answerConn struct {
	net.Conn
	once sync.Once
	over chan struct{} // closed once nothing more will be read
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
