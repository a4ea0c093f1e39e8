// Package services runs what masterhand needs of AWS on one machine, each speaking its
// real protocol: versitygw for S3, dynalite for DynamoDB, fauxqs for SQS, and a file
// that is served as a secret.
//
// Invariants: everything listens on 127.0.0.1, on ports that were free; every child
// ends with this process; [Start] returns when all of it answers, or says what does not
// and why.
//
//	s, err := services.Start(ctx, services.Config{Root: root, Data: folder, Log: log})
//	defer s.Close(ctx)
package services

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"masterhand/infra/local/child"
	"masterhand/infra/local/objectevents"
)

// What everything on one machine is called.
const (
	Region        = "us-east-1"
	Account       = "000000000000"
	MastersBucket = "masters"
	IndexBucket   = "index"
	FarBucket     = "platform" // the far side's storage, behind a proxy of its own
	Table         = "ledger"
	IndexQueue    = "index-events"
	DeadLetters   = "index-dead-letters"
	Secret        = "masterhand/destinations"
)

// startTimeout bounds the wait for all services to answer.
const startTimeout = 60 * time.Second

// Config says where things are.
type Config struct {
	Root         string    // the project's folder, where node_modules is
	Gateway      string    // the program that serves S3
	Data         string    // folder for what is to be kept
	Destinations string    // the file served as the destinations' secret
	Log          io.Writer // takes what the children print
}

// Services are running services and how to reach them.
type Services struct {
	S3, DynamoDB, SQS, SecretsManager string // endpoints, without a trailing slash
	AccessKey, SecretKey              string
	IndexQueueURL, DeadLettersURL     string
	IndexQueueARN                     string
	Events                            *objectevents.Receiver

	secrets  *secretServer
	mu       sync.Mutex
	children []*child.Process
}

// Start brings everything up, at the same time where one need not wait for another. The
// masters bucket keeps versions, as it does in AWS.
func Start(ctx context.Context, c Config) (*Services, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s := &Services{AccessKey: "local" + rand.Text()[:12], SecretKey: rand.Text()}
	if err := checkNode(ctx, c.Root); err != nil {
		return nil, err
	}
	err := errors.Join(
		s.startSecrets(c),
		together(
			func() error { return s.startDynamoDB(ctx, c) },
			func() error { return s.startQueuesAndS3(ctx, c) },
		),
	)
	if err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Close(closing))
	}
	return s, nil
}

// startQueuesAndS3 starts SQS first: object events need a queue to go to.
func (s *Services) startQueuesAndS3(ctx context.Context, c Config) error {
	if err := s.startSQS(ctx, c); err != nil {
		return err
	}
	return s.startS3(ctx, c)
}

// together runs steps at the same time and joins their errors.
func together(steps ...func() error) error {
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() { errs[i] = step() })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Failed is closed or receives when a service has ended by itself.
func (s *Services) Failed() <-chan error {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := make(chan error, len(s.children))
	for _, p := range s.children {
		go func() {
			<-p.Done()
			failed <- fmt.Errorf("a service ended: %v", p.Err())
		}()
	}
	return failed
}

// Close hands the last object events to the queue and ends everything. Children that do
// not end within ctx are killed.
func (s *Services) Close(ctx context.Context) error {
	var errs []error
	if s.Events != nil {
		errs = append(errs, s.Events.Close(ctx))
	}
	s.mu.Lock()
	children := s.children
	s.mu.Unlock()
	var steps []func() error
	for _, p := range children {
		steps = append(steps, func() error { return p.Stop(ctx) })
	}
	errs = append(errs, together(steps...))
	if s.secrets != nil {
		errs = append(errs, s.secrets.close())
	}
	return errors.Join(errs...)
}

func (s *Services) keep(p *child.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.children = append(s.children, p)
}

func folder(c Config, name string) string { return filepath.Join(c.Data, name) }
