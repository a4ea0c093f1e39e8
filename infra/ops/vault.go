package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"masterhand/shared/secret/secretsource"
)

// stored reads the list of destinations from where the functions have it.
func (s *session) stored(ctx context.Context, d deployment) ([]byte, error) {
	if s.machine != nil {
		return os.ReadFile(d.secret)
	}
	return secretsource.Source{Client: s.secretsmanager(), SecretID: d.secret}.Load(ctx)
}

// roster reads the list to change it.
func (s *session) roster(ctx context.Context, d deployment) (roster, error) {
	stored, err := s.stored(ctx, d)
	if err != nil {
		return roster{}, err
	}
	return parseRoster(stored)
}

// errWrite is all that is said of a list that could not be written to a file: the
// list itself is secret.
var errWrite = errors.New("writing the file of destinations")

// store replaces the list. The version before stays in Secrets Manager as AWSPREVIOUS.
func (s *session) store(ctx context.Context, d deployment, encoded []byte) error {
	if s.machine != nil {
		if os.WriteFile(d.secret+".new", append(encoded, '\n'), 0o600) != nil || os.Rename(d.secret+".new", d.secret) != nil {
			return fmt.Errorf("%w: %s", errWrite, d.secret)
		}
		return nil
	}
	_, err := s.secretsmanager().PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &d.secret, SecretString: new(string(encoded)),
	})
	if err != nil {
		return fmt.Errorf("writing the destinations' secret: %w", err)
	}
	return nil
}
