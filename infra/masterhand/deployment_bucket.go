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

// foreign returns an error if a bucket belongs to another region or account than the deployment.
// Such a bucket cannot hold the masters, because EventBridge delivers the events of a bucket only
// within the bucket's own region and account. If account is "", only the region is checked.
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
		return fmt.Errorf("bucket %s is in region %s, expected %s: its events do not reach this deployment; use a bucket in this region, or deploy in the bucket's region", bucket, region, s.aws.Region)
	case status == http.StatusNotFound:
		return fmt.Errorf("bucket %s does not exist: check its name", bucket)
	case status == http.StatusForbidden:
		return fmt.Errorf("access to bucket %s is denied: it belongs to another account, or its policy or your permissions lack s3:ListBucket", bucket)
	case err != nil:
		return fmt.Errorf("reading bucket %s: %w", bucket, err)
	case account == "":
		return nil
	}
	in.ExpectedBucketOwner = &account
	_, err = s.s3().HeadBucket(ctx, in)
	if response, is := errors.AsType[*smithyhttp.ResponseError](err); is && response.HTTPStatusCode() == http.StatusForbidden {
		return fmt.Errorf("bucket %s does not belong to account %s: its events do not reach this deployment; copy the files into a bucket of this account, and use that", bucket, account)
	}
	return err
}

// foreignMasters returns an error if the deployment's masters bucket belongs to another region or
// account. For a system on this machine it returns nil.
func (s *session) foreignMasters(ctx context.Context, d deployment) error {
	if s.system != nil {
		return nil
	}
	secret, err := arn.Parse(d.secret)
	if err != nil {
		return fmt.Errorf("the ARN of the stack's secret: %w", err)
	}
	return s.foreign(ctx, d.masters, secret.AccountID)
}
