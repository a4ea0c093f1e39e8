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

// addresses is where a server of the bench listens, printed as one line of JSON once it does.
type addresses struct {
	Plain string `json:"plain"` // http://127.0.0.1:port
	TLS   string `json:"tls"`   // https://127.0.0.1:port
}

// of returns the address for the one or the other kind of run.
func (a addresses) of(secure bool) string {
	if secure {
		return a.TLS
	}
	return a.Plain
}

// serve serves handler on two ports of 127.0.0.1, with and without TLS, until
// standard input ends, and so no longer than the process that started this one.
// Its one argument is the certificate's folder.
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
	err = json.NewEncoder(os.Stdout).Encode(addresses{Plain: "http://" + plain.Addr().String(), TLS: "https://" + secure.Addr().String()})
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	_ = server.Close() // the process ends here anyway
	serving.Wait()
	return err
}
