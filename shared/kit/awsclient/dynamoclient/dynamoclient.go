// Package dynamoclient builds DynamoDB clients.
package dynamoclient

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"masterhand/shared/kit/awsclient"
)

// New returns a DynamoDB client.
func New(f awsclient.Factory) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: f.Region, Credentials: f.Credentials, HTTPClient: f.HTTPClient(), BaseEndpoint: awsclient.Endpoint(f.Endpoints.DynamoDB),
	})
}
