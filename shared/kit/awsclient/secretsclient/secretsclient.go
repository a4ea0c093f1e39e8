// Package secretsclient builds Secrets Manager clients.
package secretsclient

import (
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"masterhand/shared/kit/awsclient"
)

// New returns a Secrets Manager client.
func New(f awsclient.Factory) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: f.Region, Credentials: f.Credentials, HTTPClient: f.HTTPClient(), BaseEndpoint: awsclient.Endpoint(f.Endpoints.SecretsManager),
	})
}
