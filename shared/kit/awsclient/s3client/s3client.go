// Package s3client builds clients of S3.
package s3client

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"masterhand/shared/kit/awsclient"
)

// New returns a client of S3, path-style where an endpoint is set.
func New(f awsclient.Factory) *s3.Client {
	return s3.New(s3.Options{
		Region: f.Region, Credentials: f.Credentials, HTTPClient: f.HTTPClientOfS3(),
		BaseEndpoint: awsclient.Endpoint(f.Endpoints.S3), UsePathStyle: f.Endpoints.S3 != "",
		// Bytes are hashed where they are used; the SDK's own checksums would do it twice.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}
