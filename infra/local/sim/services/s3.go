package services

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"masterhand/infra/local/sim/objectevents"
	"masterhand/shared/kit/variables"
)

// startS3 starts versitygw, the S3 server. It also starts the sending of versitygw's object events,
// and creates the buckets.
func (s *Services) startS3(ctx context.Context) error {
	var err error
	if s.Events, err = objectevents.Open(objectevents.Config{
		Queues: map[string]string{s.Name(MastersBucket): s.IndexQueueURL, s.Name(DoorBucket): s.DoorEventsQueueURL},
		Client: s.clients(variables.Endpoints{SQS: s.SQS}).SQS(), Region: Region, Account: Account,
		Log: slog.New(slog.NewJSONHandler(s.config.Log, nil)),
	}); err != nil {
		return err
	}
	if err := s.startGateway(ctx); err != nil {
		return err
	}
	return s.gateway.asked(s.createBuckets(ctx))
}

// gatewayTries is the number of attempts to start versitygw. An attempt can fail because another
// process takes the free port before versitygw listens on it.
const gatewayTries = 3

func (s *Services) startGateway(ctx context.Context) (err error) {
	for range gatewayTries {
		if s.gateway, err = s.launchGateway(); err != nil {
			return err
		}
		if err = s.answers(ctx, s.gateway); err == nil {
			s.watch(s.gateway)
			return nil
		}
		select {
		case <-s.gateway.Done(): // versitygw has ended, so this attempt to start it has failed
		default:
			return err
		}
	}
	return err
}

func (s *Services) launchGateway() (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(s.config.Gateway, "-listen", address, "-region", Region,
		"-root", s.inData("s3"), "-versions", s.inData("s3-versions"), "-events", s.Events.Address())
	cmd.Env = append(os.Environ(), "MASTERHAND_S3_ACCESS="+s.AccessKey, "MASTERHAND_S3_SECRET="+s.SecretKey)
	s.S3 = "http://" + address
	return s.launch("S3 (versitygw)", cmd, nil)
}

// freeAddress returns a loopback address with a free port.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// answers waits until versitygw, the S3 server, answers requests. The parameter p is its process.
func (s *Services) answers(ctx context.Context, p *process) error {
	client := s.clients(variables.Endpoints{S3: s.S3}).S3()
	for {
		_, err := client.ListBuckets(ctx, &s3.ListBucketsInput{}, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} })
		if err == nil {
			return nil
		}
		if _, answered := errors.AsType[smithy.APIError](err); answered {
			return p.notUp(err)
		}
		select {
		case <-p.Done():
			return p.notUp(p.ended())
		case <-ctx.Done():
			return p.notUp(errors.Join(err, context.Cause(ctx)))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Services) createBuckets(ctx context.Context) error {
	client := s.clients(variables.Endpoints{S3: s.S3}).S3()
	for _, bucket := range []string{MastersBucket, IndexBucket, IntakeBucket, DoorBucket, PlatformBucket} {
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: new(s.Name(bucket))})
		var owned *types.BucketAlreadyOwnedByYou
		// A BucketAlreadyExists error is ignored: the bucket belongs to the access key of an
		// earlier start.
		var exists *types.BucketAlreadyExists
		if err != nil && !errors.As(err, &owned) && !errors.As(err, &exists) {
			return fmt.Errorf("creating bucket %s: %w", s.Name(bucket), err)
		}
	}
	for _, bucket := range []string{MastersBucket, DoorBucket} {
		_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
			Bucket:                  new(s.Name(bucket)),
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		if err != nil {
			return fmt.Errorf("enabling versions of bucket %s: %w", s.Name(bucket), err)
		}
	}
	return nil
}
