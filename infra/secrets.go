package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"

	"masterhand/infra/settings"
)

// secret is what only its function may read and only people write.
type secret struct{ awssecretsmanager.Secret }

// newSecret makes one that is empty, as a JSON list or object: nobody is let in.
// CloudFormation writes the value again only if the text here changes, which it never
// does, so that a deployment leaves what people have put there alone.
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
