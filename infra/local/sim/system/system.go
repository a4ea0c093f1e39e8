// Package system runs the whole of masterhand locally: the services, and the functions' real
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

// Config describes a system.
type Config struct {
	Root         string // the project's folder
	Programs     Programs
	Data         string            // folder for stored data
	Destinations string            // the file served as the destinations' secret
	Senders      string            // the file served as the senders' secret; "" means no sender
	Log          io.Writer         // receives the output of functions and services, a line at a time
	Environment  map[string]string // overrides the functions' environment variables
	// Concurrency is the maximum number of concurrent requests; more get the answer 429. 0 means 64.
	Concurrency int
	// Port is the port of the function URL at 127.0.0.1; intake's URL gets the next one. 0 means free
	// ports.
	Port int
	// LookAfter is the interval in which index checks the libraries; 0 means the deployed interval.
	LookAfter time.Duration
	// HoldCollect leaves announcements in their queue until [System.ReleaseCollect].
	HoldCollect bool
}

// System is a running masterhand.
type System struct {
	*services.Services
	FulfillURL string
	IntakeURL  string
	Library    masters.Library
	Index      masters.Index

	config    Config
	intake    *lambda.Function
	collect   *lambda.Function
	doors     []door // the URLs, mappings and schedules
	functions []*lambda.Function
}

// door is a function URL, an event source mapping or a schedule.
type door interface {
	Close(ctx context.Context) error
}

// Start starts the system and returns when all of it answers.
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

// declareEmptyBucketIndexed marks the index as complete if the bucket has no objects.
func (s *System) declareEmptyBucketIndexed(ctx context.Context) error {
	state, revision, err := s.Index.State(ctx, s.Library)
	if err != nil || state.Current(s.Library) {
		return err
	}
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: services.MastersBucket}
	for _, err := range bucket.List(ctx, "") {
		return err // not empty, or the listing failed
	}
	built := masters.State{Format: masters.Format, Rules: s.Library.RuleSet(), Bucket: s.Library.Bucket, Built: true}
	return s.Index.SaveState(ctx, s.Library, built, revision)
}

// release is how long the functions may take to release their work after ctx has ended.
const release = 5 * time.Second

// Close rejects new requests and waits for running ones until ctx ends. Then it makes the
// functions release their work, and stops everything.
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

// servicesEnd limits how long the services may take to end. S3 waits 5 s for a connection that is
// open but unused, and is killed after 10 s.
const servicesEnd = 15 * time.Second

func (s *System) closeServices(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), servicesEnd)
	defer cancel()
	return s.Services.Close(ctx)
}

// after returns a context that ends a duration after ctx.
func after(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return later, func() { stop(); cancel() }
}
