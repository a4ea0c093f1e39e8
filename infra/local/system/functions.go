package system

import (
	"cmp"
	"log/slog"
	"maps"
	"time"

	"masterhand/infra/local/lambda"
	"masterhand/infra/local/services"
	"masterhand/shared/names"
)

// The functions' numbers, as they are deployed, but for the times that need not be
// waited for on one machine: an event takes milliseconds to its queue here.
const (
	fulfillTimeout     = 295 * time.Second
	fulfillConcurrency = 64
	finishTimeout      = 900 * time.Second
	finishConcurrency  = 20
	indexTimeout       = 60 * time.Second
	indexConcurrency   = 10
	indexBatch         = 100
	reindexConcurrency = 5
	memory             = 512 // MB
	sweepEvery         = time.Minute
	lookAfterEvery     = 5 * time.Minute
	settle             = "2s"
	secretsMaxAge      = "500ms"
)

// startFunctions makes the functions and opens what brings work to them.
func (s *System) startFunctions(c Config) error {
	fulfill, err := s.function(c, "fulfill", c.Programs.Fulfill, fulfillTimeout, cmp.Or(c.Concurrency, fulfillConcurrency))
	if err != nil {
		return err
	}
	finish, err := s.function(c, "finish", c.Programs.Finish, finishTimeout, finishConcurrency)
	if err != nil {
		return err
	}
	index, err := s.function(c, "index", c.Programs.Index, indexTimeout, indexConcurrency)
	if err != nil {
		return err
	}
	url, err := lambda.OpenURL(lambda.URLConfig{Name: "fulfill", Function: fulfill})
	if err != nil {
		return err
	}
	s.doors, s.FulfillURL = append(s.doors, url), url.Address()
	if err := s.mapQueue(c, index, services.IndexQueue, s.IndexQueueURL, indexBatch, indexConcurrency); err != nil {
		return err
	}
	if err := s.mapQueue(c, index, services.ReindexQueue, s.ReindexQueueURL, 1, reindexConcurrency); err != nil {
		return err
	}
	if err := s.mapQueue(c, finish, services.FinishQueue, s.FinishQueueURL, 1, finishConcurrency); err != nil {
		return err
	}
	if err := s.schedule(c, finish, "sweep", sweepEvery); err != nil {
		return err
	}
	return s.schedule(c, index, "look-after", lookAfterEvery)
}

func (s *System) schedule(c Config, f *lambda.Function, name string, every time.Duration) error {
	schedule, err := lambda.OpenSchedule(lambda.ScheduleConfig{
		Function: f, Every: every, Log: slog.New(slog.NewJSONHandler(c.Log, nil)),
		RuleARN: "arn:aws:events:" + services.Region + ":" + services.Account + ":rule/" + name,
	})
	if err == nil {
		s.doors = append(s.doors, schedule)
	}
	return err
}

func (s *System) function(c Config, name, bootstrap string, timeout time.Duration, concurrency int) (*lambda.Function, error) {
	environment := s.Environment()
	maps.Copy(environment, map[string]string{
		names.AllowLoopback: "true", names.IndexSettle: settle,
		names.DestinationsMaxAge: secretsMaxAge, names.DestinationsRecheck: secretsMaxAge,
	})
	maps.Copy(environment, c.Environment)
	f, err := lambda.New(lambda.Config{
		Name: name, Bootstrap: bootstrap, Environment: environment, Region: services.Region, MemoryMB: memory,
		Timeout: timeout, Concurrency: concurrency, Output: c.Log,
	})
	if err == nil {
		s.functions = append(s.functions, f)
	}
	return f, err
}

// mapQueue has a function work a queue's messages.
func (s *System) mapQueue(c Config, f *lambda.Function, name, url string, batch, concurrency int) error {
	q, err := lambda.OpenQueue(lambda.QueueConfig{
		Function: f, Client: s.Clients().Patient(time.Minute).SQS(), URL: url, ARN: services.QueueARN(name),
		BatchSize: batch, Concurrency: concurrency, ReportBatchItemFailures: true,
		Log: slog.New(slog.NewJSONHandler(c.Log, nil)),
	})
	if err == nil {
		s.doors = append(s.doors, q)
	}
	return err
}
