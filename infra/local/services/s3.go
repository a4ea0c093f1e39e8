package services

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"masterhand/infra/local/child"
	"masterhand/infra/local/objectevents"
)

// startS3 starts the gateway, its object events and its buckets.
func (s *Services) startS3(ctx context.Context, c Config) error {
	var err error
	if s.Events, err = objectevents.Open(objectevents.Config{
		Bucket: MastersBucket, Client: s.Clients().SQS(), QueueURL: s.IndexQueueURL, Region: Region, Account: Account,
	}); err != nil {
		return err
	}
	root, versions := folder(c, "s3"), folder(c, "s3-versions")
	for _, dir := range []string{root, versions} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	cmd := exec.Command(c.Gateway, "-listen", address, "-root", root, "-versions", versions, "-events", s.Events.Address())
	cmd.Env = append(os.Environ(), "MASTERHAND_S3_ACCESS="+s.AccessKey, "MASTERHAND_S3_SECRET="+s.SecretKey)
	printed := &tail{next: c.Log}
	cmd.Stdout, cmd.Stderr = printed, printed
	p, err := child.Start(cmd)
	if err != nil {
		return err
	}
	s.keep(p)
	s.S3 = "http://" + address
	if err := answers(ctx, s.S3, p); err != nil {
		return fmt.Errorf("S3 does not come up: %w; it printed:\n%s", err, printed)
	}
	return s.createBuckets(ctx)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// answers waits until a server answers at all.
func answers(ctx context.Context, url string, p *child.Process) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			return resp.Body.Close()
		}
		select {
		case <-p.Done():
			return fmt.Errorf("it ended: %w", p.Err())
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Services) createBuckets(ctx context.Context) error {
	client := s.Clients().S3()
	for _, bucket := range []string{MastersBucket, IndexBucket, FarBucket} {
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})
		var owned *types.BucketAlreadyOwnedByYou
		var exists *types.BucketAlreadyExists
		if err != nil && !errors.As(err, &owned) && !errors.As(err, &exists) {
			return fmt.Errorf("creating bucket %s: %w", bucket, err)
		}
	}
	_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  new(MastersBucket),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	if err != nil {
		return fmt.Errorf("keeping versions in bucket %s: %w", MastersBucket, err)
	}
	return nil
}
