// Package snsclient builds SNS clients.
package snsclient

import (
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"masterhand/shared/kit/awsclient"
)

// New returns an SNS client.
func New(f awsclient.Factory) *sns.Client {
	return sns.New(sns.Options{
		Region: f.Region, Credentials: f.Credentials, HTTPClient: f.HTTPClient(), BaseEndpoint: awsclient.Endpoint(f.Endpoints.SNS),
	})
}
