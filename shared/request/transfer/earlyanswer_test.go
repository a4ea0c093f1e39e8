package transfer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// rudeServer sends the given body as its answer as soon as it has read a request's header. Then it
// closes the connection without reading the request's body, which resets the connection.
func rudeServer(t *testing.T, body string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReaderSize(conn, 1<<10)); err == nil {
				fmt.Fprintf(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
			}
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestMoveReadsAnAnswerBeforeAReset(t *testing.T) {
	t.Parallel()
	address := rudeServer(t, `<Error><Code>AccessDenied</Code></Error>`)
	transport := &http.Transport{DialContext: transfer.ReadEarlyAnswers((&net.Dialer{}).DialContext), DisableKeepAlives: true}
	mover := &transfer.Mover{Client: &http.Client{Transport: transport}, SlotSize: 64 << 10}
	object := transfertest.Pattern{Size: 2 << 20}
	upload := transfer.Upload{URL: mustParse(t, "http://"+address+uploadPath), Size: object.Size}
	for range 30 { // without ReadEarlyAnswers, some of these moves lose the answer
		got, err := mover.Move(t.Context(), inMemory{object}, upload)
		var refused *transfer.RefusedError
		if !errors.As(err, &refused) || refused.Code != "AccessDenied" || got.Attempts != 1 {
			t.Fatalf("Move = %v after %d attempts, want AccessDenied at once", err, got.Attempts)
		}
	}
}

// inMemory is a source in memory, without a server.
type inMemory struct{ transfertest.Pattern }

func (s inMemory) Open(_ context.Context, off, n int64) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.Pattern, off, n)), nil
}

// scripted is a connection whose reads and writes are functions.
type scripted struct {
	net.Conn
	read func() error
}

func (c scripted) Read([]byte) (int, error)  { return 0, c.read() }
func (c scripted) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (c scripted) Close() error              { return nil }

func TestAFailedWriteWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		then func(net.Conn)
		want time.Duration
	}{
		"nobody reads":       {func(net.Conn) {}, time.Second},
		"reading has ended":  {func(c net.Conn) { _, _ = c.Read(nil) }, 100 * time.Millisecond},
		"reading goes on":    {func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) }, 100 * time.Millisecond},
		"closed by its user": {func(c net.Conn) { _ = c.Close() }, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dial := transfer.ReadEarlyAnswers(func(context.Context, string, string) (net.Conn, error) {
					return scripted{read: func() error { return io.EOF }}, nil
				})
				conn, err := dial(t.Context(), "tcp", "anywhere")
				if err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(100*time.Millisecond, func() { test.then(conn) })
				begun := time.Now()
				if _, err := conn.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("Write: %v", err)
				}
				if took := time.Since(begun); took != test.want {
					t.Errorf("the write returned after %v, want %v", took, test.want)
				}
			})
		})
	}
}

func TestReadEarlyAnswersPassesDialErrorsOn(t *testing.T) {
	t.Parallel()
	want := errors.New("no route")
	dial := transfer.ReadEarlyAnswers(func(context.Context, string, string) (net.Conn, error) { return nil, want })
	if conn, err := dial(t.Context(), "tcp", "anywhere"); conn != nil || !errors.Is(err, want) {
		t.Errorf("dial = %v, %v", conn, err)
	}
}
