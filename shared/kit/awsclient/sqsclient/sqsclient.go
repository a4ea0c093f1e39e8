// Package sqsclient builds SQS clients.
package sqsclient

import (
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/awsclient"
)

// New returns an SQS client.
func New(f awsclient.Factory) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: f.Region, Credentials: f.Credentials, HTTPClient: f.HTTPClient(), BaseEndpoint: awsclient.Endpoint(f.Endpoints.SQS),
	})
}
