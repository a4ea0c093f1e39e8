// Package s3client builds S3 clients.
package s3client

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/kit/awsclient"
)

// New returns an S3 client. If an endpoint is set, the client uses path-style addresses.
func New(f awsclient.Factory) *s3.Client {
	return s3.New(s3.Options{
		Region: f.Region, Credentials: f.Credentials, HTTPClient: f.HTTPClientOfS3(),
		BaseEndpoint: awsclient.Endpoint(f.Endpoints.S3), UsePathStyle: f.Endpoints.S3 != "",
		// The SDK must not compute checksums, because the callers already hash the bytes.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}
