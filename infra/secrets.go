package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// secret is a secret in AWS Secrets Manager. Only people write it, and only the functions that need it
// can read it.
type secret struct{ awssecretsmanager.Secret }

// newSecret makes a secret with an empty JSON list or object, so the functions accept nobody yet.
// CloudFormation overwrites a secret's value only if the value's text in the template changes. This
// text never changes, so a deployment keeps the value that people have set.
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
