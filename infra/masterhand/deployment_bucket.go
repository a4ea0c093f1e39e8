package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// foreign returns why a bucket cannot hold the masters of a deployment in this region and account,
// or nil. EventBridge brings the events of a bucket only to the bucket's own region and account.
// An account of "" is not compared.
func (s *session) foreign(ctx context.Context, bucket, account string) error {
	in := &s3.HeadBucketInput{Bucket: &bucket}
	out, err := s.s3().HeadBucket(ctx, in)
	region, status := "", http.StatusOK
	if err == nil {
		region = value(out.BucketRegion)
	}
	if response, is := errors.AsType[*smithyhttp.ResponseError](err); is {
		region, status = response.Response.Header.Get("X-Amz-Bucket-Region"), response.HTTPStatusCode()
	}
	switch {
	case region != "" && region != s.aws.Region:
		return fmt.Errorf("bucket %s is in region %s, expected %s: its events do not come here; use a bucket of this region, or deploy in that one", bucket, region, s.aws.Region)
	case status == http.StatusNotFound:
		return fmt.Errorf("there is no bucket %s", bucket)
	case status == http.StatusForbidden:
		return fmt.Errorf("access to bucket %s is refused: it is of another account, or its policy or your permissions (s3:ListBucket) forbid it", bucket)
	case err != nil:
		return fmt.Errorf("looking at bucket %s: %w", bucket, err)
	case account == "":
		return nil
	}
	in.ExpectedBucketOwner = &account
	_, err = s.s3().HeadBucket(ctx, in)
	if response, is := errors.AsType[*smithyhttp.ResponseError](err); is && response.HTTPStatusCode() == http.StatusForbidden {
		return fmt.Errorf("bucket %s is not of account %s: its events do not come here; use a bucket of this account, and copy the files into it", bucket, account)
	}
	return err
}

// foreignMasters is foreign for the deployment's masters; on one machine nothing is foreign.
func (s *session) foreignMasters(ctx context.Context, d deployment) error {
	if s.system != nil {
		return nil
	}
	secret, err := arn.Parse(d.secret)
	if err != nil {
		return fmt.Errorf("the stack's secret: %w", err)
	}
	return s.foreign(ctx, d.masters, secret.AccountID)
}
