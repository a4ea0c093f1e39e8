// Package r2 simulates Cloudflare R2, where uploads arrive: a proxy with R2's behaviour and
// errors in front of a bucket on an S3 server.
//
// The S3 server checks signatures and expiry of the pre-signed URLs and stores the objects. The
// proxy adds R2's differences and faults, and records the writes. Invariant: an object always has
// the complete content of exactly one PUT.
//
//	storage, err := r2.Open(ctx, r2.Config{Endpoint: endpoint, Bucket: "fb", …})
//	upload, err := storage.Presign("fb-external/p/C/v2/en/9x16.video", r2.URLOptions{})
//	storage.Faults.Next(1, "fb-external/p/C/v2/en/9x16.video", r2.Refusal("TooManyRequests"))
//	… // somebody uploads to the URL
//	object, err := storage.Object(ctx, "fb-external/p/C/v2/en/9x16.video")
package r2

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/sim/fault"
)

// Config says where the bucket is and how the proxy behaves.
type Config struct {
	Endpoint  string // URL of the S3 server
	Region    string // region of the S3 server; the real R2 has the region "auto"
	AccessKey string
	SecretKey string
	Bucket    string // name of the bucket, which is created if it does not exist
	// OncePerSecond says whether a PUT is rejected with TooManyRequests if its key was written
	// less than a second ago, as in R2. If it is false, a key can be written at any rate.
	OncePerSecond bool
	// Now is the clock that signs URLs and enforces OncePerSecond; nil means time.Now. The S3
	// server uses its own clock. If Now is behind that clock, URLs are made that have already
	// expired.
	Now func() time.Time
}

// Storage is a bucket behind a proxy. The rules of its fault schedule select requests by the
// object's key.
type Storage struct {
	*fault.Server
	Faults *fault.Schedule
	config Config
	writes *record
	client *s3.Client
	behind *http.Transport // transport for connections to the S3 server
}

// Object is a stored object.
type Object struct {
	Size        int64
	ContentType string
	ETag        string // ETag with its quotes
	SHA256      [32]byte
}

// ErrAbsent means that an object does not exist in the bucket.
var ErrAbsent = errors.New("the object is not in the platform's bucket")

// Open starts a proxy and creates the bucket if it does not exist. [Storage.Close] stops the
// proxy.
func Open(ctx context.Context, config Config) (*Storage, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	forward := fault.NewProxy()
	if err := forward.To(config.Endpoint); err != nil {
		return nil, fmt.Errorf("platform's storage: %w", err)
	}
	s := &Storage{
		Faults: &fault.Schedule{},
		config: config,
		writes: &record{keys: map[string]*Writes{}},
		behind: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
	s.client = s3.New(s3.Options{
		BaseEndpoint: aws.String(config.Endpoint),
		Region:       config.Region,
		Credentials:  credentials.NewStaticCredentialsProvider(config.AccessKey, config.SecretKey, ""),
		HTTPClient:   &http.Client{Transport: s.behind},
		UsePathStyle: true,
	})
	if err := s.makeBucket(ctx); err != nil {
		return nil, err
	}
	var err error
	if s.Server, err = fault.Listen(s.handler(forward)); err != nil {
		return nil, fmt.Errorf("platform's storage: %w", err)
	}
	return s, nil
}

// Close stops the proxy.
func (s *Storage) Close() {
	s.Server.Close()
	s.behind.CloseIdleConnections()
}

func (s *Storage) makeBucket(ctx context.Context) error {
	_, err := s.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &s.config.Bucket})
	var owned *types.BucketAlreadyOwnedByYou
	// A BucketAlreadyExists error is ignored: the bucket was created with other credentials of this
	// server.
	var exists *types.BucketAlreadyExists
	if err != nil && !errors.As(err, &owned) && !errors.As(err, &exists) {
		return fmt.Errorf("making the platform's bucket: %w", err)
	}
	return nil
}

// Object reads an object directly from the S3 server and computes its SHA-256. It returns ErrAbsent
// if there is no object under the key.
func (s *Storage) Object(ctx context.Context, key string) (Object, error) {
	got, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.config.Bucket, Key: &key})
	var absent *types.NoSuchKey
	switch {
	case errors.As(err, &absent):
		return Object{}, ErrAbsent
	case err != nil:
		return Object{}, fmt.Errorf("reading the platform's bucket: %w", err)
	}
	defer got.Body.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, got.Body)
	if err != nil {
		return Object{}, fmt.Errorf("reading the platform's bucket: %w", err)
	}
	object := Object{Size: size, ContentType: aws.ToString(got.ContentType), ETag: aws.ToString(got.ETag)}
	hash.Sum(object.SHA256[:0])
	return object, nil
}

// Writes returns the counts of the PUTs to a key so far.
func (s *Storage) Writes(key string) Writes { return s.writes.of(key) }
