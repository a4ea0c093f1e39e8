package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
)

// addresses holds the two base URLs of a server of the benchmark. The server prints them as one
// line of JSON.
type addresses struct {
	Plain string `json:"plain"` // without TLS: http://localhost:PORT
	TLS   string `json:"tls"`   // with TLS: https://localhost:PORT
}

// of returns the base URL with TLS if secure is set, and otherwise the one without TLS.
func (a addresses) of(secure bool) string {
	if secure {
		return a.TLS
	}
	return a.Plain
}

// serve runs a server with this handler on two ports of 127.0.0.1, one with TLS and one without.
// The server stops when standard input ends, so it never outlives the process that started it. The
// only argument is the folder of the certificate.
func serve(handler http.Handler, args []string) error {
	if len(args) != 1 {
		return errors.New("a server needs the certificate's folder")
	}
	config, err := serverTLS(args[0])
	if err != nil {
		return err
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: handler}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(plain) })
	serving.Go(func() { _ = server.Serve(tls.NewListener(secure, config)) })
	err = json.NewEncoder(os.Stdout).Encode(addresses{Plain: "http://" + local(plain), TLS: "https://" + local(secure)})
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	_ = server.Close() // the error is ignored: the process ends here anyway
	serving.Wait()
	return err
}

// local returns the address of a listener, with the host name for which the certificate is valid.
func local(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String()) // the error is ignored: the address of a listener always has a port
	return net.JoinHostPort("localhost", port)
}
