package main

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"

	"masterhand/shared/kit/capability"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// relaying is one run of a contestant that is written in Go.
type relaying struct {
	from, to string
	size     int64
	md5      bool // hash that too
}

// relay is the process of such a contestant: it moves one object and prints its SHA-256.
func relay(args []string) error {
	var run relaying
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	how := flags.String("how", "window", "window or copy")
	dir := flags.String("certificate", "", "the certificate's folder")
	flags.StringVar(&run.from, "from", "", "address of the object")
	flags.StringVar(&run.to, "to", "", "address of the upload")
	flags.Int64Var(&run.size, "size", 0, "of the object, in bytes")
	flags.BoolVar(&run.md5, "md5", false, "hash MD5 beside SHA-256")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := clientTLS(*dir)
	if err != nil {
		return err
	}
	dial := (&net.Dialer{}).DialContext
	read := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DialContext: dial, MaxIdleConnsPerHost: 16, DisableCompression: true}}
	write := &http.Client{Transport: &http.Transport{TLSClientConfig: config.Clone(), DialContext: transfer.ReadEarlyAnswers(dial), DisableCompression: true}}
	mover := run.window
	if *how == "copy" {
		mover = run.copy
	}
	sum, err := mover(context.Background(), read, write)
	if err != nil {
		return err
	}
	fmt.Printf("%x\n", sum)
	return nil
}

// window moves the object as masterhand does.
func (r relaying) window(ctx context.Context, read, write *http.Client) ([]byte, error) {
	to, err := capability.Parse(r.to)
	if err != nil {
		return nil, err
	}
	from := &transfertest.Source{Client: read, URL: r.from, ETag: transfertest.ETag(transfertest.Pattern{Size: r.size}), Size: r.size}
	result, err := (&transfer.Mover{Client: write}).Move(ctx, from, transfer.Upload{URL: to, ContentType: "video/mp4", Size: r.size, HashMD5: r.md5})
	return result.SHA256[:], err
}

// copy moves the object the plain way: one GET is the body of one PUT, copied by
// net/http's io.Copy and hashed on the way.
func (r relaying) copy(ctx context.Context, read, write *http.Client) ([]byte, error) {
	response, err := read.Get(r.from)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	sha := sha256.New()
	sums := io.Writer(sha)
	if r.md5 {
		sums = io.MultiWriter([]io.Writer{sha, md5.New()}...)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, r.to, io.TeeReader(response.Body, sums))
	if err != nil {
		return nil, err
	}
	request.ContentLength = r.size
	answer, err := write.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("upload answered %s", answer.Status)
	}
	return sha.Sum(nil), nil
}
