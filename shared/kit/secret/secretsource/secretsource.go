// Package secretsource loads secrets from AWS Secrets Manager.
//
// Invariants: it reads the secret's current version, or the one before where that is
// asked for, and nothing else; it keeps no copy, and puts no part of the value into an
// error.
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

// previous is the stage that Secrets Manager gives to the version before the current one.
const previous = "AWSPREVIOUS"

// Source is a value, text or bytes. It implements
// secret.Versioned; the client retries as it is configured to.
type Source struct {
	Client *secretsmanager.Client
	// SecretID is the secret's name or ARN.
	SecretID string
}

// Load returns the secret's value. What the service answers, a
// ResourceNotFoundException for one, is wrapped.
func (s Source) Load(ctx context.Context) ([]byte, error) {
	return s.load(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.SecretID})
}

// LoadPrevious returns the value before the current one. A secret that was written only
// once has none, which is a ResourceNotFoundException.
func (s Source) LoadPrevious(ctx context.Context) ([]byte, error) {
	return s.load(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.SecretID, VersionStage: aws.String(previous)})
}

func (s Source) load(ctx context.Context, which *secretsmanager.GetSecretValueInput) ([]byte, error) {
	out, err := s.Client.GetSecretValue(ctx, which)
	if err != nil {
		return nil, fmt.Errorf("reading the secret: %w", err)
	}
	if out.SecretString != nil {
		return []byte(*out.SecretString), nil
	}
	if len(out.SecretBinary) == 0 {
		return nil, ErrEmpty
	}
	return out.SecretBinary, nil
}
