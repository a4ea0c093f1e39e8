package awsclient

import "github.com/aws/aws-sdk-go-v2/aws"

// WithIdleTimeout returns client with the idle timeout of S3.
func WithIdleTimeout(client aws.HTTPClient) aws.HTTPClient { return idleClient{client, s3IdleTimeout} }

// Shared returns the shared HTTP client inside a client with an idle timeout.
func Shared(client aws.HTTPClient) aws.HTTPClient { return client.(idleClient).next }
