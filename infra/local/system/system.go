// Package system puts the whole of masterhand together on one machine: the services,
// and the functions' real binaries behind a function URL and an event source mapping.
//
// Invariants: what runs is what is deployed, told by environment variables alone that
// it is somewhere else; nothing is left running after [System.Close].
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
	"log/slog"
	"maps"
	"time"

	"masterhand/infra/local/lambda"
	"masterhand/infra/local/services"
	"masterhand/shared/masters"
	"masterhand/shared/masters/s3store"
	"masterhand/shared/names"
)

// The functions' numbers, as they are deployed, but for the settling time: on one
// machine an event takes milliseconds to its queue.
const (
	fulfillTimeout     = 295 * time.Second
	fulfillConcurrency = 64
	indexTimeout       = 60 * time.Second
	indexConcurrency   = 10
	indexBatch         = 100
	memory             = 512 // MB
	settle             = "2s"
	secretsMaxAge      = "500ms"
)

// Config says where things are.
type Config struct {
	Root         string // the project's folder
	Programs     Programs
	Data         string            // folder for what is to be kept
	Destinations string            // the file served as the destinations' secret
	Log          io.Writer         // takes what functions and services print, a line at a time
	Environment  map[string]string // goes over what the functions are told
}

// System is masterhand at work.
type System struct {
	*services.Services
	FulfillURL string
	Library    masters.Library
	Index      masters.Index

	fulfill, index *lambda.Function
	url            *lambda.URL
	queue          *lambda.Queue
}

// Start brings everything up and returns when it answers.
func Start(ctx context.Context, c Config) (*System, error) {
	running, err := services.Start(ctx, services.Config{
		Root: c.Root, Gateway: c.Programs.Gateway, Data: c.Data, Destinations: c.Destinations, Log: c.Log,
	})
	if err != nil {
		return nil, err
	}
	s := &System{Services: running, Library: masters.Library{Name: "default"}}
	s.Index = masters.Index{Blobs: s3store.Blobs{Client: s.Clients().S3(), Bucket: services.IndexBucket}}
	if err := errors.Join(s.startFunctions(c), s.declareEmptyBucketIndexed(ctx)); err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Close(closing))
	}
	return s, nil
}

func (s *System) startFunctions(c Config) (err error) {
	environment := s.Environment()
	maps.Copy(environment, map[string]string{
		names.AllowLoopback: "true", names.IndexSettle: settle,
		names.DestinationsMaxAge: secretsMaxAge, names.DestinationsRecheck: secretsMaxAge,
	})
	maps.Copy(environment, c.Environment)
	function := func(name, bootstrap string, timeout time.Duration, concurrency int) (*lambda.Function, error) {
		return lambda.New(lambda.Config{
			Name: name, Bootstrap: bootstrap, Environment: environment, Region: services.Region, MemoryMB: memory,
			Timeout: timeout, Concurrency: concurrency, Output: c.Log,
		})
	}
	if s.fulfill, err = function("fulfill", c.Programs.Fulfill, fulfillTimeout, fulfillConcurrency); err != nil {
		return err
	}
	if s.index, err = function("index", c.Programs.Index, indexTimeout, indexConcurrency); err != nil {
		return err
	}
	if s.url, err = lambda.OpenURL(lambda.URLConfig{Name: "fulfill", Function: s.fulfill}); err != nil {
		return err
	}
	s.FulfillURL = s.url.Address()
	s.queue, err = lambda.OpenQueue(lambda.QueueConfig{
		Function: s.index, Client: s.Clients().SQS(), URL: s.IndexQueueURL, ARN: s.IndexQueueARN,
		BatchSize: indexBatch, Concurrency: indexConcurrency, ReportBatchItemFailures: true,
		Log: slog.New(slog.NewJSONHandler(c.Log, nil)),
	})
	return err
}

// declareEmptyBucketIndexed says of a bucket without objects that its index is whole,
// which it is.
func (s *System) declareEmptyBucketIndexed(ctx context.Context) error {
	state, revision, err := s.Index.State(ctx, s.Library)
	if err != nil || state.Current() {
		return err
	}
	bucket := s3store.Bucket{Client: s.Clients().S3(), Name: services.MastersBucket}
	for _, err := range bucket.List(ctx, "") {
		return err // one entry is enough
	}
	built := masters.State{Format: masters.Format, Rules: masters.RulesVersion, Built: true}
	return s.Index.SaveState(ctx, s.Library, built, revision)
}

// Close takes no more requests, lets those in flight end within ctx, has the functions
// release the others, and ends everything.
func (s *System) Close(ctx context.Context) error {
	var errs []error
	closers := []func(context.Context) error{}
	if s.url != nil {
		closers = append(closers, s.url.Close)
	}
	if s.queue != nil {
		closers = append(closers, s.queue.Close)
	}
	for _, f := range []*lambda.Function{s.fulfill, s.index} {
		if f != nil {
			closers = append(closers, f.Close)
		}
	}
	for _, closeOne := range closers {
		errs = append(errs, closeOne(ctx))
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	errs = append(errs, s.Services.Close(ending))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
