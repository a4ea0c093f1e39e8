package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"masterhand/shared/kit/secret/secretsource"
	"masterhand/shared/request/destination"
)

// stored reads a secret. The parameter at is the secret's ARN in AWS, or the path of a file on this
// machine.
func (s *session) stored(ctx context.Context, at string) ([]byte, error) {
	if s.system != nil {
		return os.ReadFile(at)
	}
	return secretsource.Source{Client: s.secretsmanager(), SecretID: at}.Load(ctx)
}

// destinationList reads the list of destinations in the form that a command can change.
func (s *session) destinationList(ctx context.Context, d deployment) (destinationList, error) {
	stored, err := s.stored(ctx, d.secret)
	if err != nil {
		return destinationList{}, err
	}
	return parseDestinationList(stored)
}

// storeDestinations replaces the stored list of destinations, and returns the list in the form that
// the functions read.
func (s *session) storeDestinations(ctx context.Context, d deployment, r destinationList) ([]destination.Destination, error) {
	encoded, list, err := r.encode()
	if err == nil {
		err = s.store(ctx, d.secret, encoded)
	}
	return list, err
}

// errWrite is the error for a file with a secret that cannot be written. It does not contain the
// text of the cause.
var errWrite = errors.New("the file with a secret cannot be written")

// store replaces a secret. Secrets Manager keeps the previous value as the version AWSPREVIOUS.
func (s *session) store(ctx context.Context, at string, encoded []byte) error {
	if s.system != nil {
		if os.WriteFile(at+".new", append(encoded, '\n'), 0o600) != nil || os.Rename(at+".new", at) != nil {
			return fmt.Errorf("%w: %s", errWrite, at)
		}
		return nil
	}
	_, err := s.secretsmanager().PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &at, SecretString: new(string(encoded)),
	})
	if err != nil {
		return fmt.Errorf("writing a secret: %w", err)
	}
	return nil
}
