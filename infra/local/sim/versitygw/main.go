// Command versitygw stores buckets in a folder and serves them as S3, with Versity's S3 gateway.
// It supports conditional writes, versions, tags, multipart uploads and checked signatures. It
// sends a notice of each change of an object to the URL of the flag -events.
//
// Invariants:
//   - It listens only on the given loopback address.
//   - It keeps an object's metadata in extended attributes, and refuses to start on a file system
//     without them.
//   - A notice is sent after its change is readable and before the client gets its answer. If the
//     receiver does not answer, the notice waits in memory and is sent as soon as the receiver
//     answers again. See the types notifier and outbox.
//
// Differences from S3, found by trying v1.8.0 of the gateway:
//   - Keys are paths: an object "a" and an object "a/b" exclude each other (409), "a//b" and
//     "a/./b" mean "a/b", and no part of a key may exceed 255 bytes.
//   - Conditions ignore delete markers: a write with If-None-Match: * is rejected (412), and a
//     write with If-Match and the ETag of the deleted object is accepted. In a bucket without
//     versions, conditions treat a deleted object as missing.
//   - Deleting a key that never existed makes no delete marker.
//   - Tags and metadata of one object share some 4 KiB on ext4; with more, a write is answered
//     with 500.
//
// It is a separate module because the gateway has many times more dependencies than the rest of
// the project. It is a separate process because the gateway changes the working directory and can
// exist only once in a process.
//
// Example:
//
//	MASTERHAND_S3_ACCESS=local MASTERHAND_S3_SECRET=localsecret \
//	versitygw -listen 127.0.0.1:7070 -root data/s3 -versions data/versions -events http://127.0.0.1:7071/
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pkg/xattr"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg, err := parse(os.Args[1:], os.Getenv, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err == nil:
		err = run(ctx, cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "versitygw:", err)
		os.Exit(1)
	}
}

// config holds the options of the command line and the environment.
type config struct {
	listen   string // loopback address and port on which the program listens
	root     string // folder of the buckets: each folder in it is a bucket
	versions string // folder for the earlier versions of objects; if "", only the current version is kept
	region   string // region for which clients must sign their requests
	access   string
	secret   string
	events   string // URL to which notices are posted; "" means that no notices are sent
}

func parse(args []string, env func(string) string, out io.Writer) (config, error) {
	var c config
	f := flag.NewFlagSet("versitygw", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&c.listen, "listen", "", "loopback address to listen on, `IP:port`")
	f.StringVar(&c.root, "root", "", "`folder` of the buckets; made if missing")
	f.StringVar(&c.versions, "versions", "", "`folder` of earlier versions, outside of -root; made if missing; empty: no versioning")
	f.StringVar(&c.region, "region", "us-east-1", "`region` that clients sign for")
	f.StringVar(&c.access, "access", "", "access `key`; or MASTERHAND_S3_ACCESS")
	f.StringVar(&c.secret, "secret", "", "secret `key`; or, hidden from other users, MASTERHAND_S3_SECRET")
	f.StringVar(&c.events, "events", "", "`URL` to post a notice of each change to; empty: none")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	c.access = cmp.Or(c.access, env("MASTERHAND_S3_ACCESS"))
	c.secret = cmp.Or(c.secret, env("MASTERHAND_S3_SECRET"))
	address, err := netip.ParseAddrPort(c.listen)
	switch {
	case f.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case c.listen == "" || c.root == "":
		return c, errors.New("the flags -listen and -root are required")
	case err != nil || !address.Addr().IsLoopback() || address.Port() == 0:
		return c, fmt.Errorf("-listen: must be a loopback address such as 127.0.0.1:7070 (got %q)", c.listen)
	case c.access == "" || c.secret == "":
		return c, errors.New("MASTERHAND_S3_ACCESS and MASTERHAND_S3_SECRET (or -access and -secret) are required")
	}
	return c, nil
}

// run serves S3 until ctx ends.
func run(ctx context.Context, c config) error {
	if err := free(ctx, c.listen); err != nil {
		return err
	}
	store, err := open(c.root, c.versions)
	if err != nil {
		return err
	}
	store = encoded{whole{store}}
	if c.events != "" {
		out := newOutbox(c.events)
		defer out.close()
		store = &notifier{Backend: store, out: out}
	}
	err = embedgw.RunVersityGW(ctx, store, &embedgw.Config{
		RootUserAccess: c.access,
		RootUserSecret: c.secret,
		Region:         c.region,
		Ports:          []string{c.listen},
		// The following limits are the defaults of Versity's own program. They are set here,
		// because Versity's package embedgw does not set them.
		MaxConnections:    250_000,
		MaxRequests:       100_000,
		MultipartMaxParts: 10_000,
		KeepAlive:         true,
		Quiet:             true,
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving on %s: %w", c.listen, err)
	}
	return nil
}

// free returns an error if the program cannot listen on address. It is called before anything is
// started, so that the error comes early.
func free(ctx context.Context, address string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("-listen: %w; is another program using this port?", err)
	}
	return l.Close()
}

// open makes the folders and returns the store in them. It makes both paths absolute, because
// Versity's code changes the working directory to root before it uses the path versions.
func open(root, versions string) (backend.Backend, error) {
	dirs := []*string{&root}
	if versions != "" {
		dirs = append(dirs, &versions)
	}
	for _, dir := range dirs {
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return nil, err
		}
		if err := os.MkdirAll(abs, 0o755); err != nil {
			return nil, err
		}
		if err := keepsAttributes(abs, xattr.FSet); err != nil {
			return nil, err
		}
		*dir = abs
	}
	store, err := posix.New(root, meta.XattrMeta{}, posix.PosixOpts{
		VersioningDir:       versions,
		Concurrency:         5000,    // the default of Versity's own command
		CopyObjectThreshold: 5 << 30, // maximum size of a copied object in bytes, S3's limit; 0 would reject every copy
	})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return store, nil
}
