// Package secretsource loads the list of destinations from AWS Secrets Manager.
//
// Invariants: it reads the secret's current version and nothing else, keeps no
// copy, and puts no part of the value into an error.
//
//	source := secretsource.Source{Client: secretsmanager.New(options), SecretID: "masterhand/destinations"}
//	keys := destination.NewKeyring(source, cfg)
package secretsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// ErrEmpty is a secret without a value.
var ErrEmpty = errors.New("secret without a value")

// Source is a secret that holds the list, as text or as bytes. It implements
// destination.Source; the client retries as it is configured to.
type Source struct {
	Client *secretsmanager.Client
	// SecretID is the secret's name or ARN.
	SecretID string
}

// Load returns the secret's value. What the service answers, a
// ResourceNotFoundException for one, is wrapped.
func (s Source) Load(ctx context.Context) ([]byte, error) {
	out, err := s.Client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(s.SecretID)})
	if err != nil {
		return nil, fmt.Errorf("reading the destinations' secret: %w", err)
	}
	if out.SecretString != nil {
		return []byte(*out.SecretString), nil
	}
	if len(out.SecretBinary) == 0 {
		return nil, ErrEmpty
	}
	return out.SecretBinary, nil
}
