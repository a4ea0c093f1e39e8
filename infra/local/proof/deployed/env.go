package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"masterhand/infra/local/scenario/announce"
	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/names"
	"masterhand/shared/library"
	"masterhand/shared/library/masters"
)

// env holds the local services and the functions of the stack, which run on these services.
type env struct {
	*services.Services
	urls       map[string]string // URLs of the functions, by program name
	secret     string            // secret of the single destination
	announcers announce.Secrets  // secrets of the senders
	names      map[string]string // names of the account's resources, by their default names in package services
	library    masters.Library

	log     *os.File
	doors   []door // the function URLs and event source mappings
	running []*lambda.Function
}

// door is a function URL or an event source mapping.
type door interface {
	Close(ctx context.Context) error
}

// queues maps each environment variable that holds a queue's URL to the default name of that queue
// on this machine.
var queues = map[string]string{
	names.IndexQueue: services.IndexQueue, names.IndexDeadLetters: services.DeadLetters, names.FinishQueue: services.FinishQueue,
	names.ReindexQueue: services.ReindexQueue, names.CollectQueue: services.CollectQueue,
}

// told maps each environment variable that holds the name of a bucket, a table or a secret to the
// default name of that resource on this machine.
var told = map[string]string{
	names.MastersBucket: services.MastersBucket, names.IndexBucket: services.IndexBucket,
	names.LedgerTable: services.Table, names.DestinationsSecret: services.Secret,
	names.IntakeBucket: services.IntakeBucket, names.IntakeSecret: services.SendersSecret,
}

// added lists the environment variables that each function gets in addition to those of the stack,
// because the function must reach the local services.
var added = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
	names.EndpointS3, names.EndpointDynamoDB, names.EndpointSQS, names.EndpointSecretsManager,
}

// start starts the services and the functions. Their data and log are written into folder.
func start(ctx context.Context, functions map[string]*function, folder string) (*env, error) {
	s := &env{
		urls: map[string]string{}, secret: "whsec_" + rand.Text() + rand.Text(), announcers: announce.NewSecrets(), names: called(functions),
	}
	libraries, err := libraries(functions["index"].environment)
	if err != nil {
		return nil, err
	}
	s.library = libraries[0]
	destinations, announcers, err := s.writeSecrets(folder)
	if err != nil {
		return nil, err
	}
	root, err := system.Root()
	if err != nil {
		return nil, err
	}
	built, err := system.Build(ctx, root, io.Discard)
	if err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(folder, "log.jsonl")); err != nil {
		return nil, err
	}
	s.Services, err = services.Start(ctx, services.Config{
		Root: root, Gateway: built.Gateway, Data: filepath.Join(folder, "data"), Destinations: destinations, Senders: announcers, Log: s.log, Names: s.names,
	})
	if err == nil {
		err = s.open(functions)
	}
	if err != nil {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		return nil, errors.Join(err, s.close(ending))
	}
	return s, nil
}

// writeSecrets writes the secrets of the destination and the senders into files.
func (s *env) writeSecrets(folder string) (destinations, announcers string, err error) {
	destinations, announcers = filepath.Join(folder, "destinations.json"), filepath.Join(folder, "senders.json")
	list, err := json.Marshal([]map[string]any{{"name": "platform", "library": s.library.Name, "secrets": []string{s.secret}}})
	if err == nil {
		err = os.WriteFile(destinations, list, 0o600)
	}
	if err != nil {
		return "", "", err
	}
	tokens, err := s.announcers.Encode()
	if err == nil {
		err = os.WriteFile(announcers, tokens, 0o600)
	}
	return destinations, announcers, err
}

// libraries returns the libraries in a function's environment.
func libraries(environment map[string]string) ([]masters.Library, error) {
	c, err := library.LoadIndex(func(key string) (string, bool) {
		if key == names.Region {
			// The map environment does not contain the region, because Lambda sets that variable.
			return services.Region, true
		}
		value, ok := environment[key]
		return value, ok
	})
	return c.Libraries, err
}

// called reads the names of the account's resources from the environment variables of the
// functions. The keys of the returned map are the default names in package services.
func called(functions map[string]*function) map[string]string {
	environment, other := map[string]string{}, map[string]string{}
	for _, f := range functions {
		maps.Copy(environment, f.environment)
	}
	for key, constant := range told {
		other[constant] = environment[key]
	}
	for key, constant := range queues {
		if url := environment[key]; url != "" {
			other[constant] = path.Base(url)
		}
	}
	return other
}

// receivers are the functions that receive webhooks. They are called at local URLs, because moto,
// the emulator of the account, does not support function URLs.
var receivers = []string{"fulfill", "intake"}

// open creates the functions, their function URLs and their event source mappings.
func (s *env) open(functions map[string]*function) error {
	for _, program := range programs {
		f := functions[program]
		made, err := lambda.New(lambda.Config{
			Name: program, Bootstrap: f.bootstrap, Environment: s.environment(f.environment), Region: services.Region,
			MemoryMB: f.memory, Timeout: f.timeout, Output: s.log,
		})
		if err != nil {
			return err
		}
		s.running = append(s.running, made)
		for _, feed := range f.feeds {
			if err := s.feed(made, feed); err != nil {
				return err
			}
		}
		if slices.Contains(receivers, program) {
			url, err := lambda.OpenURL(lambda.URLConfig{Name: program, Function: made})
			if err != nil {
				return err
			}
			s.doors, s.urls[program] = append(s.doors, url), url.Address()
		}
	}
	return nil
}

// environment returns the environment variables of a function. The parameter given holds the
// variables in the stack. Values that the stack cannot know, such as local endpoints, are added or
// replaced.
func (s *env) environment(given map[string]string) map[string]string {
	here, all := s.Environment(), maps.Clone(given)
	for _, key := range added {
		all[key] = here[key]
	}
	for key := range queues {
		if _, there := all[key]; there {
			all[key] = s.queueURL(path.Base(all[key]))
		}
	}
	all[names.AllowLoopback] = "true"
	return all
}

// queueURL returns the local URL of a queue.
func (s *env) queueURL(name string) string {
	return strings.TrimSuffix(s.IndexQueueURL, path.Base(s.IndexQueueURL)) + name
}

func (s *env) feed(f *lambda.Function, from feed) error {
	q, err := lambda.OpenQueue(lambda.QueueConfig{
		Function: f, Client: s.Clients().WithIdleTimeout(time.Minute).SQS(), URL: s.queueURL(from.queue), ARN: services.QueueARN(from.queue),
		BatchSize: from.batch, Window: from.window, ReportBatchItemFailures: from.failures,
		Log: slog.New(slog.NewJSONHandler(s.log, nil)),
	})
	if err == nil {
		s.doors = append(s.doors, q)
	}
	return err
}

// close stops the function URLs, the event source mappings, the functions and the services.
func (s *env) close(ctx context.Context) error {
	var errs []error
	for _, d := range s.doors {
		errs = append(errs, d.Close(ctx))
	}
	for _, f := range s.running {
		errs = append(errs, f.Close(ctx))
	}
	if s.Services != nil {
		errs = append(errs, s.Services.Close(ctx))
	}
	if err := errors.Join(append(errs, s.log.Close())...); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}

// maxPrinted is the number of bytes at the end of the log that are printed after a failure.
const maxPrinted = 8 << 10

func (s *env) printed() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-maxPrinted):])
}
