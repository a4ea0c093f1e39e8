// Package system runs a complete masterhand locally: the services, and the functions' real
// binaries behind function URLs and event source mappings.
//
// Invariants: it runs the deployed programs, and only environment variables point them to the
// local services; after [System.Close] nothing is left running.
//
//	s, err := system.Start(ctx, system.Config{Root: root, Programs: programs, Data: folder, Log: log})
//	defer s.Close(ctx)
//	http.Post(s.FulfillURL, …)
package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/services"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/s3store"
)

// Config says which programs, files and limits a local system uses.
type Config struct {
	Root         string // folder of the project
	Programs     Programs
	Data         string // folder for the stored data
	Destinations string // path of the file whose content is served as the secret with the destinations
	// Senders is the path of the file whose content is served as the secret with the senders'
	// tokens; "" means that there are no senders.
	Senders string
	Log     io.Writer // receives the output of the functions and services, one line in each Write
	// Environment holds environment variables that every function gets in addition to its own. They
	// replace environment variables of the same name.
	Environment map[string]string
	// Concurrency is the maximum number of concurrent requests to the function URL. Further
	// requests are answered with 429. 0 means 64.
	Concurrency int
	// Port is the port of the function URL at 127.0.0.1. The URL of intake gets the next port. 0
	// means free ports.
	Port int
	// LookAfter is how often the function index checks the libraries: the time between two checks.
	// 0 means the same time as in a deployed system.
	LookAfter time.Duration
	// HoldCollect says whether announcements stay in their queue until [System.ReleaseCollect] is
	// called.
	HoldCollect bool
}

// System is a running masterhand: its services and its functions.
type System struct {
	*services.Services
	FulfillURL string
	IntakeURL  string
	Library    masters.Library
	Index      masters.Index

	config    Config
	intake    *lambda.Function
	collect   *lambda.Function
	doors     []door // function URLs, event source mappings and schedules, which Close closes before the functions
	functions []*lambda.Function
}

// door is anything that invokes a function: a function URL, an event source mapping or a schedule.
type door interface {
	Close(ctx context.Context) error
}

// Start starts the system and returns when all services and function URLs answer.
func Start(ctx context.Context, c Config) (*System, error) {
	running, err := services.Start(ctx, services.Config{
		Root: c.Root, Gateway: c.Programs.Gateway, Data: c.Data, Destinations: c.Destinations, Senders: c.Senders, Log: c.Log,
	})
	if err != nil {
		return nil, err
	}
	s := &System{Services: running, Library: masters.Library{Name: "default", Bucket: services.MastersBucket}, config: c}
	s.Index = masters.Index{Blobs: s3store.Blobs{Client: s.Clients().S3(), Bucket: services.IndexBucket}}
	if err := errors.Join(s.startFunctions(), s.declareEmptyBucketIndexed(ctx)); err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Close(closing))
	}
	return s, nil
}

// declareEmptyBucketIndexed records that the index is complete if the masters bucket has no
// objects. Without this record, masterhand would skip no request until a reindex.
func (s *System) declareEmptyBucketIndexed(ctx context.Context) error {
	state, revision, err := s.Index.State(ctx, s.Library)
	if err != nil || state.Current(s.Library) {
		return err
	}
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: services.MastersBucket}
	for _, err := range bucket.List(ctx, "") {
		// The index is not declared complete: the bucket is not empty, or err says why it could not
		// be listed.
		return err
	}
	built := masters.State{Format: masters.Format, Rules: s.Library.RuleSet(), Bucket: s.Library.Bucket, Built: true}
	return s.Index.SaveState(ctx, s.Library, built, revision)
}

// release is how long Close still waits, after its ctx has ended, for functions that release their
// requests.
const release = 5 * time.Second

// Close rejects new requests and waits for running requests until ctx ends. Then it makes the
// functions release the requests that are left, and stops everything.
func (s *System) Close(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		for _, f := range s.functions {
			f.Interrupt()
		}
	})()
	ending, cancel := after(ctx, release)
	defer cancel()
	var errs []error
	for _, d := range s.doors {
		errs = append(errs, d.Close(ending))
	}
	for _, f := range s.functions {
		errs = append(errs, f.Close(ending))
	}
	errs = append(errs, s.closeServices(ctx))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}

// servicesEnd limits how long the services may take to end. S3 alone can take 10 s: it waits 5 s
// for connections that are open but unused, and is killed if it has not ended after 10 s.
const servicesEnd = 15 * time.Second

func (s *System) closeServices(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), servicesEnd)
	defer cancel()
	return s.Services.Close(ctx)
}

// after returns a context that ends when the duration d has passed since the end of ctx.
func after(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return later, func() { stop(); cancel() }
}
