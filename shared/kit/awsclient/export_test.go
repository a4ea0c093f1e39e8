package awsclient

import "github.com/aws/aws-sdk-go-v2/aws"

// Patient is client with the limit on silence.
func Patient(client aws.HTTPClient) aws.HTTPClient { return patient{client, s3Silence} }

// Shared is the HTTP client beneath one with a limit.
func Shared(client aws.HTTPClient) aws.HTTPClient { return client.(patient).next }
