package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// secret is an AWS secret that only people write and only its function reads.
type secret struct{ awssecretsmanager.Secret }

// newSecret makes a secret with an empty JSON list or object, which lets nobody in.
// CloudFormation overwrites a secret's value only if the template's text changes. The text never
// changes, so a deployment keeps the value that people have set.
func newSecret(scope constructs.Construct, id, what, empty string, c settings.Config) secret {
	return secret{awssecretsmanager.NewSecret(scope, &id, &awssecretsmanager.SecretProps{
		Description:       new("masterhand: " + what),
		SecretStringValue: awscdk.SecretValue_UnsafePlainText(&empty),
		RemovalPolicy:     removal(c),
	})}
}

func (s secret) readableBy(f deployed) {
	f.allow(s.SecretArn(), "secretsmanager:GetSecretValue")
}
