// Package clients builds clients of all AWS services that masterhand uses. It is for tools and
// tests. A Lambda function builds only the clients that it needs, with package awsclient.
package clients

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"masterhand/shared/kit/awsclient"
	"masterhand/shared/kit/awsclient/dynamoclient"
	"masterhand/shared/kit/awsclient/s3client"
	"masterhand/shared/kit/awsclient/secretsclient"
	"masterhand/shared/kit/awsclient/sqsclient"
)

// All builds clients of AWS services. Every client has the options of the embedded factory.
type All struct{ awsclient.Factory }

// WithIdleTimeout returns a copy of a whose clients abort a call if the service sends nothing for
// the given time.
func (a All) WithIdleTimeout(timeout time.Duration) All {
	return All{a.Factory.WithIdleTimeout(timeout)}
}

// S3 returns a client of S3.
func (a All) S3() *s3.Client { return s3client.New(a.Factory) }

// DynamoDB returns a client of DynamoDB.
func (a All) DynamoDB() *dynamodb.Client { return dynamoclient.New(a.Factory) }

// SQS returns a client of SQS.
func (a All) SQS() *sqs.Client { return sqsclient.New(a.Factory) }

// SecretsManager returns a client of Secrets Manager.
func (a All) SecretsManager() *secretsmanager.Client { return secretsclient.New(a.Factory) }
