// Package secretsource loads secrets from AWS Secrets Manager.
//
// Invariants: it reads only the secret's current version, or the previous version if the caller
// requests it. It keeps no copy, and no error contains any part of the value.
package secretsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// ErrEmpty means that the secret has no value.
var ErrEmpty = errors.New("secret has no value")

// previous is Secrets Manager's name for the stage of the previous version.
const previous = "AWSPREVIOUS"

// Source loads one secret, which is text or bytes. It implements secret.Versioned. Its client
// makes the retries.
type Source struct {
	Client *secretsmanager.Client
	// SecretID is the secret's name or ARN.
	SecretID string
}

// Load returns the secret's value. Its errors wrap those of the service, for example a
// ResourceNotFoundException.
func (s Source) Load(ctx context.Context) ([]byte, error) {
	return s.load(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.SecretID})
}

// LoadPrevious returns the previous value of the secret. For a secret that was written only once,
// it returns a ResourceNotFoundException.
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
