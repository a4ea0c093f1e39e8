// Package awsclient builds AWS clients from environment variables only. Loading the SDK's whole
// configuration would double a function's start-up time. All clients share one HTTP client, which
// loads its trusted roots once and stops waiting for a service that stays silent.
package awsclient

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"masterhand/shared/kit/variables"
)

// Factory holds the options that all clients of one region share. Each package below this one
// builds the client of one service, so that a function links and starts only the clients that it
// uses.
type Factory struct {
	Region      string
	Endpoints   variables.Endpoints
	Credentials aws.CredentialsProvider
	client      *awshttp.BuildableClient
	idleTimeout time.Duration // 0 means the default of each service
}

// New returns a factory. lookup must find the credentials in the environment; Lambda stores those
// of the function's role there.
func New(region string, endpoints variables.Endpoints, lookup func(string) (string, bool)) Factory {
	return Factory{Region: region, Endpoints: endpoints, Credentials: environment{lookup}, client: awshttp.NewBuildableClient(), idleTimeout: endpoints.IdleTimeout}
}

// WithIdleTimeout returns a factory whose clients wait for a silent service until the timeout. A
// receiver that polls a queue for 20 seconds at a time needs a longer timeout than the default.
func (f Factory) WithIdleTimeout(timeout time.Duration) Factory {
	f.idleTimeout = timeout
	return f
}

// HTTPClient returns the shared HTTP client, with the idle timeout of all services except S3.
func (f Factory) HTTPClient() aws.HTTPClient {
	return idleClient{f.client, cmp.Or(f.idleTimeout, idleTimeout)}
}

// HTTPClientOfS3 returns the shared HTTP client, with S3's longer idle timeout.
func (f Factory) HTTPClientOfS3() aws.HTTPClient {
	return idleClient{f.client, cmp.Or(f.idleTimeout, s3IdleTimeout)}
}

// Endpoint returns an address as a base endpoint for the SDK. For "" it returns nil, and the SDK
// then uses AWS's own endpoint.
func Endpoint(address string) *string {
	if address == "" {
		return nil
	}
	return &address
}

// environment reads the credentials from AWS's environment variables at each use.
type environment struct {
	lookup func(string) (string, bool)
}

var errNoCredentials = errors.New("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")

// Retrieve implements [aws.CredentialsProvider].
func (e environment) Retrieve(context.Context) (aws.Credentials, error) {
	get := func(key string) string { v, _ := e.lookup(key); return v }
	c := aws.Credentials{
		AccessKeyID: get("AWS_ACCESS_KEY_ID"), SecretAccessKey: get("AWS_SECRET_ACCESS_KEY"),
		SessionToken: get("AWS_SESSION_TOKEN"), Source: "environment",
	}
	if !c.HasKeys() {
		return aws.Credentials{}, errNoCredentials
	}
	return c, nil
}
