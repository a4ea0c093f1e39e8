// Package services runs local replacements of the AWS services that masterhand uses. Each speaks
// its real protocol: versitygw for S3, dynalite for DynamoDB, fauxqs for SQS, and a server that
// serves files as secrets.
//
// Invariants:
//   - Everything listens on free ports of 127.0.0.1.
//   - [Start] returns when all services answer, or returns an error that says which service does
//     not answer and why.
//   - Every child ends with this process, in whatever way the process ends.
//   - Each change in the masters bucket causes an event on the index queue, and each change in the
//     doors' bucket causes one on another queue, as EventBridge does; see package objectevents.
//   - [Services.Close] loses no message: it stores unprocessed messages in the data folder. If this
//     process is killed, messages are lost, because fauxqs keeps them in memory.
//
// Example:
//
//	s, err := services.Start(ctx, services.Config{Root: root, Gateway: program, Data: folder, Destinations: file, Log: log})
//	defer s.Close(ctx)
//	client := s.Clients().S3()
package services

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"masterhand/infra/local/sim/objectevents"
	"masterhand/infra/local/sim/services/secrets"
	"masterhand/shared/announcements/intake"
	"masterhand/shared/request/destination"
)

// The names of the local resources.
const (
	Region         = "us-east-1"
	Account        = "000000000000"
	MastersBucket  = "masters"
	IndexBucket    = "index"
	PlatformBucket = "platform" // bucket in which the simulated ad platform stores uploads
	Table          = "ledger"
	IndexQueue     = "index-events"
	DeadLetters    = "index-dead-letters"

	ReindexQueue       = "reindex-batches"
	ReindexDeadLetters = "reindex-dead-letters"

	FinishQueue       = "finish-requests"
	FinishDeadLetters = "finish-dead-letters"

	DoorQueue             = "platform-events" // queue in which the platform's events arrive without a signature
	DoorDeadLetters       = "platform-dead-letters"
	DoorBucket            = "doors" // bucket in which the platform's events arrive without a signature
	DoorEventsQueue       = "stored-events"
	DoorEventsDeadLetters = "stored-dead-letters"

	IntakeBucket       = "intake" // bucket of the announcements of other platforms
	CollectQueue       = "collect-announcements"
	CollectDeadLetters = "collect-dead-letters"

	Secret        = "masterhand/destinations"
	SendersSecret = "masterhand/senders"
)

// startTimeout limits the wait until all services answer.
const startTimeout = 60 * time.Second

// Config holds the paths that the services use. All paths must be absolute, and all fields except
// Senders and Names are required.
type Config struct {
	Root    string // folder of the project, which contains node_modules
	Gateway string // path of the program that serves S3
	// Data is the folder for the stored data, which is created if it is missing. Start fails while
	// another process uses the folder.
	Data         string
	Destinations string // path of the file whose content is served as the secret with the destinations
	// Senders is the path of the file whose content is served as the secret with the senders'
	// tokens; "" means that there is no such secret.
	Senders string
	// Log receives the output of the child processes. Several goroutines write to it at the same
	// time.
	Log io.Writer
	// Names replaces the default names of resources, for example the name [MastersBucket]. Its keys
	// are the default names; nil replaces none. The region and the account cannot be replaced.
	Names map[string]string
}

// Services are the running services, with their addresses.
type Services struct {
	S3, DynamoDB, SQS, SecretsManager string // URLs of the services, without a slash at the end
	AccessKey, SecretKey              string
	IndexQueueURL, DeadLettersURL     string

	ReindexQueueURL, ReindexDeadLettersURL string
	FinishQueueURL, FinishDeadLettersURL   string
	CollectQueueURL, CollectDeadLettersURL string

	DoorQueueURL, DoorDeadLettersURL             string
	DoorEventsQueueURL, DoorEventsDeadLettersURL string

	Events *objectevents.Receiver

	config  Config
	locked  *os.File
	secrets *http.Server
	failed  chan error
	closing chan struct{}

	mu       sync.Mutex
	gateway  *process   // versitygw, the S3 server; Close stops it before the other services
	children []*process // the processes of the services other than S3
}

// Start starts all services. It starts services that do not depend on each other at the same time.
// The masters bucket has versions, as in AWS.
func Start(ctx context.Context, c Config) (*Services, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := CheckNode(ctx, c.Root); err != nil {
		return nil, err
	}
	locked, err := lock(c.Data)
	if err != nil {
		return nil, err
	}
	s := &Services{
		AccessKey: "local" + rand.Text()[:12], SecretKey: rand.Text(),
		config: c, locked: locked, failed: make(chan error, 1), closing: make(chan struct{}),
	}
	err = errors.Join(
		s.startSecrets(),
		together(
			func() error { return s.startDynamoDB(ctx) },
			func() error { return s.startQueuesAndS3(ctx) },
		),
	)
	if err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Close(closing))
	}
	return s, nil
}

// startQueuesAndS3 starts SQS before S3, because the object events of S3 need a queue.
func (s *Services) startQueuesAndS3(ctx context.Context) error {
	if err := s.startSQS(ctx); err != nil {
		return err
	}
	return s.startS3(ctx)
}

func (s *Services) startSecrets() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting Secrets Manager: %w", err)
	}
	served := secrets.Handlers{s.secret(Secret, s.config.Destinations, usableDestinations)}
	if s.config.Senders != "" {
		served = append(served, s.secret(SendersSecret, s.config.Senders, usableSenders))
	}
	s.secrets = &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
	s.SecretsManager = "http://" + listener.Addr().String()
	go func() { _ = s.secrets.Serve(listener) }()
	return nil
}

// secret returns the handler that serves the content of a file as a secret. The parameter constant
// is the default name of the secret. If the function usable rejects an edit of the file, the secret
// keeps its last usable content.
func (s *Services) secret(constant, file string, usable func([]byte) error) secrets.Handler {
	read := secrets.LastUsable(file, usable, func(err error) {
		slog.New(slog.NewJSONHandler(s.config.Log, nil)).Warn("secret's file not usable: the earlier content stays in force",
			"secret", constant, "error", err.Error())
	})
	_, _ = read() // reads the file now, so that this content stays in force if a later edit is not usable
	return secrets.Handler{Name: s.Name(constant), File: file, Region: Region, Account: Account, Read: read}
}

// together runs all steps at the same time, waits for them and returns all their errors.
func together(steps ...func() error) error {
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() { errs[i] = step() })
	}
	all.Wait()
	return errors.Join(errs...)
}

// Failed returns a channel with the error of the first service that ends although nobody has
// stopped it.
func (s *Services) Failed() <-chan error { return s.failed }

// Close stops S3, sends the last object events to the queue, stores the messages of the queues for
// the next start with the same folder, and stops the other services. When ctx ends, it kills the
// child processes that are still running. It must be called once.
func (s *Services) Close(ctx context.Context) error {
	close(s.closing)
	var errs []error
	if s.gateway != nil {
		errs = append(errs, s.gateway.stop(ctx))
	}
	if s.Events != nil {
		errs = append(errs, s.Events.Close(ctx))
	}
	if s.IndexQueueURL != "" {
		errs = append(errs, s.keepMessages(ctx))
	}
	var steps []func() error
	for _, p := range s.children {
		steps = append(steps, func() error { return p.stop(ctx) })
	}
	errs = append(errs, together(steps...))
	if s.secrets != nil {
		errs = append(errs, s.secrets.Close())
	}
	return errors.Join(append(errs, s.locked.Close())...)
}

// Name returns the name of a resource. The parameter constant is the resource's default name, such
// as [MastersBucket].
func (s *Services) Name(constant string) string {
	return cmp.Or(s.config.Names[constant], constant)
}

// inData returns a path in the data folder.
func (s *Services) inData(name string) string { return filepath.Join(s.config.Data, name) }

func usableDestinations(content []byte) error {
	_, err := destination.Parse(content)
	return err
}

func usableSenders(content []byte) error {
	_, err := intake.Parse(content)
	return err
}
