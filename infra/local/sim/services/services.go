// Package services runs what masterhand needs of AWS on one machine, each speaking its
// real protocol: versitygw for S3, dynalite for DynamoDB, fauxqs for SQS, and files
// that are served as secrets.
//
// Invariants:
//   - Everything listens on 127.0.0.1, on ports that were free.
//   - [Start] returns when all of it answers, or says what does not and why.
//   - Every child ends with this process, however that ends.
//   - What changes in the masters bucket is announced on the index queue, and what changes in
//     the doors' bucket on a queue of its own, as by
//     EventBridge; see package objectevents. [Services.Close] loses nothing of that:
//     messages that nobody has received are kept in the data folder. If this process
//     is killed they are lost, as fauxqs keeps them in memory.
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

// What everything on one machine is called.
const (
	Region         = "us-east-1"
	Account        = "000000000000"
	MastersBucket  = "masters"
	IndexBucket    = "index"
	PlatformBucket = "platform" // the ad platform's storage, behind a proxy of its own
	Table          = "ledger"
	IndexQueue     = "index-events"
	DeadLetters    = "index-dead-letters"

	ReindexQueue       = "reindex-batches"
	ReindexDeadLetters = "reindex-dead-letters"

	FinishQueue       = "finish-requests"
	FinishDeadLetters = "finish-dead-letters"

	DoorQueue             = "platform-events" // what the platform sends, without a signature
	DoorDeadLetters       = "platform-dead-letters"
	DoorBucket            = "doors" // what the platform stores, without a signature
	DoorEventsQueue       = "stored-events"
	DoorEventsDeadLetters = "stored-dead-letters"

	IntakeBucket       = "intake" // what other platforms announced
	CollectQueue       = "collect-announcements"
	CollectDeadLetters = "collect-dead-letters"

	Secret        = "masterhand/destinations"
	SendersSecret = "masterhand/senders"
)

// startTimeout bounds the wait for all services to answer.
const startTimeout = 60 * time.Second

// Config says where things are. All paths are absolute; all fields but Senders and Names
// are needed.
type Config struct {
	Root         string    // the project's folder, where node_modules is
	Gateway      string    // the program that serves S3
	Data         string    // folder for what is to be kept, made if missing; Start fails while others run on it
	Destinations string    // the file served as the destinations' secret
	Senders      string    // the file served as the senders' secret; "": there is no such secret
	Log          io.Writer // takes what the children print, from several at a time
	// Names are other names for what the constants above name, for who was told others;
	// nil leaves all as they are. The region and the account cannot be changed.
	Names map[string]string
}

// Services are running services and how to reach them.
type Services struct {
	S3, DynamoDB, SQS, SecretsManager string // endpoints, without a trailing slash
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
	gateway  *process   // S3, which ends first
	children []*process // the others
}

// Start brings everything up, at the same time where one need not wait for another. The
// masters bucket keeps versions, as it does in AWS.
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

// startQueuesAndS3 starts SQS first: object events need a queue to go to.
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

// secret serves a file under the name that a constant has.
func (s *Services) secret(constant, file string, usable func([]byte) error) secrets.Handler {
	read := secrets.LastUsable(file, usable, func(err error) {
		slog.New(slog.NewJSONHandler(s.config.Log, nil)).Warn("secret's file not usable: what it held before holds on",
			"secret", constant, "error", err.Error())
	})
	_, _ = read() // what is there now is what holds if the first edit goes wrong
	return secrets.Handler{Name: s.Name(constant), File: file, Region: Region, Account: Account, Read: read}
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

// Failed receives the first end of a service that was not asked to end.
func (s *Services) Failed() <-chan error { return s.failed }

// Close ends S3, hands the last object events to the queue, keeps what the queues hold
// for the next start on the same folder, and ends the rest. Children that do not end
// within ctx are killed. It is called once.
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

// Name returns what the part that a constant names is called.
func (s *Services) Name(constant string) string {
	return cmp.Or(s.config.Names[constant], constant)
}

// inData returns the path of something in the data folder.
func (s *Services) inData(name string) string { return filepath.Join(s.config.Data, name) }

func usableDestinations(content []byte) error {
	_, err := destination.Parse(content)
	return err
}

func usableSenders(content []byte) error {
	_, err := intake.Parse(content)
	return err
}
