package awsclient

import "github.com/aws/aws-sdk-go-v2/aws"

// WithIdleTimeout returns client with the idle timeout of S3.
func WithIdleTimeout(client aws.HTTPClient) aws.HTTPClient { return idleClient{client, s3IdleTimeout} }

// Shared returns the HTTP client that all AWS clients share. It takes that client out of the
// parameter client, which adds an idle timeout to it.
func Shared(client aws.HTTPClient) aws.HTTPClient { return client.(idleClient).next }
