package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/capability"
	"masterhand/shared/kit/safehttp"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library/masters/s3store"
	"masterhand/shared/request/transfer"
	"masterhand/shared/request/transfer/transfertest"
)

// relaying is one run of a contestant that is written in Go.
type relaying struct {
	job job
	tls *tls.Config
}

// relay runs a contestant that is written in Go: it moves one object, and prints the object's
// SHA-256.
func relay(args []string) error {
	var run relaying
	flags := flag.NewFlagSet("relay", flag.ContinueOnError)
	how := flags.String("how", "window", "window, bare or copy")
	flags.StringVar(&run.job.dir, "certificate", "", "folder of the certificate")
	flags.StringVar(&run.job.from, "from", "", "address of the object")
	flags.StringVar(&run.job.to, "to", "", "address of the upload")
	flags.Int64Var(&run.job.size, "size", 0, "size of the object in bytes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pool, err := roots(run.job.dir)
	if err != nil {
		return err
	}
	// this process then accepts only these certificates, because bench.go sets
	// GODEBUG=x509usefallbackroots=1
	x509.SetFallbackRoots(pool)
	run.tls = &tls.Config{RootCAs: pool}
	movers := map[string]func(context.Context) ([]byte, error){"window": run.window, "bare": run.bare, "copy": run.copy}
	move, known := movers[*how]
	if !known {
		return fmt.Errorf("-how must be window, bare or copy (got %q)", *how)
	}
	sum, err := move(context.Background())
	if err != nil {
		return err
	}
	fmt.Printf("%x\n", sum)
	return nil
}

// window moves the object with the same clients and settings as the deployed functions.
func (r relaying) window(ctx context.Context) ([]byte, error) {
	endpoint, path := r.job.split()
	credentials := func(string) (string, bool) { return "bench", true }
	s3 := s3client.New(awsclient.New("us-east-1", variables.Endpoints{S3: endpoint}, credentials))
	bucket, key := path[:len("masters")], path[len("masters/"):]
	return r.move(ctx, pinned{s3store.Bucket{Client: s3, Name: bucket}, key, r.etag()})
}

// bare moves the object in the same way as window, but reads from S3 without the AWS SDK.
func (r relaying) bare(ctx context.Context) ([]byte, error) {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: r.tls, MaxIdleConnsPerHost: 16, DisableCompression: true}}
	return r.move(ctx, &transfertest.Source{Client: client, URL: r.job.from, ETag: r.etag(), Size: r.job.size})
}

func (r relaying) etag() string { return transfertest.ETag(transfertest.Pattern{Size: r.job.size}) }

// move uploads the bytes that it reads from a source. Like package fulfillment, it also computes
// the MD5 of a small file.
func (r relaying) move(ctx context.Context, from transfer.Source) ([]byte, error) {
	to, err := capability.Parse(r.job.to)
	if err != nil {
		return nil, err
	}
	client := safehttp.NewClient(safehttp.Config{Loopback: true, RootCAs: r.tls.RootCAs, WrapDial: transfer.ReadEarlyAnswers, HeaderTimeout: 2 * time.Minute})
	result, err := (&transfer.Mover{Client: client}).Move(ctx, from, transfer.Upload{
		URL: to, ContentType: "video/mp4", Size: r.job.size, HashMD5: r.job.size <= transfer.MaxMD5, Attempts: 1,
	})
	return result.SHA256[:], err
}

// pinned is one fixed version of an object in S3.
type pinned struct {
	bucket    s3store.Bucket
	key, etag string
}

// Open implements [transfer.Source].
func (p pinned) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	return p.bucket.Open(ctx, p.key, "", p.etag, off, n)
}

// copy moves the object with plain io.Copy: net/http copies the body of one GET answer into one PUT
// request. The bytes are hashed on the way.
func (r relaying) copy(ctx context.Context) ([]byte, error) {
	dial := (&net.Dialer{}).DialContext
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: r.tls, DialContext: dial, DisableCompression: true}}
	response, err := client.Get(r.job.from)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	sum := sha256.New()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, r.job.to, io.TeeReader(response.Body, sum))
	if err != nil {
		return nil, err
	}
	request.ContentLength = r.job.size
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, errors.New("upload answered " + answer.Status)
	}
	return sum.Sum(nil), nil
}
