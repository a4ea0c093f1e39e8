// Package awsclient builds AWS clients from what the environment says, literally:
// loading the SDK's whole configuration would double a function's start-up. All clients
// share one HTTP client, whose trusted roots are loaded once, and which gives up on a
// service that is silent.
package awsclient

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/variables"
)

// Factory builds clients for one region.
type Factory struct {
	region      string
	endpoints   variables.Endpoints
	credentials aws.CredentialsProvider
	client      *awshttp.BuildableClient
	idleTimeout time.Duration // 0: each service's default
}

// New returns a factory with the credentials that lookup finds in the environment,
// where Lambda puts those of the function's role.
func New(region string, endpoints variables.Endpoints, lookup func(string) (string, bool)) Factory {
	return Factory{region: region, endpoints: endpoints, credentials: environment{lookup}, client: awshttp.NewBuildableClient(), idleTimeout: endpoints.IdleTimeout}
}

// WithIdleTimeout returns a factory whose clients wait that long for a silent service: a
// receiver that polls a queue for 20 seconds at a time needs more than the default.
func (f Factory) WithIdleTimeout(timeout time.Duration) Factory {
	f.idleTimeout = timeout
	return f
}

// idleClient returns the one HTTP client, with a service's idle timeout.
func (f Factory) idleClient(standard time.Duration) idleClient {
	return idleClient{f.client, cmp.Or(f.idleTimeout, standard)}
}

// S3 returns a client of S3, path-style where an endpoint is set.
func (f Factory) S3() *s3.Client {
	return s3.New(s3.Options{
		Region: f.region, Credentials: f.credentials, HTTPClient: f.idleClient(s3IdleTimeout),
		BaseEndpoint: optional(f.endpoints.S3), UsePathStyle: f.endpoints.S3 != "",
		// Bytes are hashed where they are used; the SDK's own checksums would do it twice.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
}

// DynamoDB returns a client of DynamoDB.
func (f Factory) DynamoDB() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: f.region, Credentials: f.credentials, HTTPClient: f.idleClient(idleTimeout), BaseEndpoint: optional(f.endpoints.DynamoDB),
	})
}

// SQS returns a client of SQS.
func (f Factory) SQS() *sqs.Client {
	return sqs.New(sqs.Options{
		Region: f.region, Credentials: f.credentials, HTTPClient: f.idleClient(idleTimeout), BaseEndpoint: optional(f.endpoints.SQS),
	})
}

// SNS returns a client of SNS.
func (f Factory) SNS() *sns.Client {
	return sns.New(sns.Options{
		Region: f.region, Credentials: f.credentials, HTTPClient: f.idleClient(idleTimeout), BaseEndpoint: optional(f.endpoints.SNS),
	})
}

// SecretsManager returns a client of Secrets Manager.
func (f Factory) SecretsManager() *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: f.region, Credentials: f.credentials, HTTPClient: f.idleClient(idleTimeout), BaseEndpoint: optional(f.endpoints.SecretsManager),
	})
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// environment reads credentials from AWS's environment variables at each use.
type environment struct {
	lookup func(string) (string, bool)
}

var errNoCredentials = errors.New("AWS credentials absent: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")

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
