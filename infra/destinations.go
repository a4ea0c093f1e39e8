package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
)

// destinationsSecret is the secret that lists who may ask, and with which secrets.
type destinationsSecret struct{ secret awssecretsmanager.Secret }

// newDestinations makes the secret with an empty list: nobody may ask. CloudFormation
// writes the value again only if the text here changes, which it never does, so that a
// deployment leaves what people have put there alone.
func newDestinations(scope constructs.Construct, c config) destinationsSecret {
	return destinationsSecret{awssecretsmanager.NewSecret(scope, new("Destinations"), &awssecretsmanager.SecretProps{
		Description:       new("masterhand: who may ask for masters, as a JSON list"),
		SecretStringValue: awscdk.SecretValue_UnsafePlainText(new("[]")),
		RemovalPolicy:     c.removal(),
	})}
}

func (d destinationsSecret) readableBy(f deployed) {
	f.allow(d.secret.SecretArn(), "secretsmanager:GetSecretValue")
}
