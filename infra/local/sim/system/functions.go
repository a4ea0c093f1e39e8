package system

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"slices"
	"time"

	"masterhand/infra/local/sim/lambda"
	"masterhand/infra/local/sim/services"
	"masterhand/infra/recursion"
	"masterhand/shared/kit/names"
	"masterhand/shared/request/destination"
	"masterhand/shared/request/doors"
)

// The limits of the local functions. They are those of the deployed functions, except for some
// shorter times: locally, an event reaches its queue within milliseconds, so short waits suffice.
const (
	fulfillConcurrency = 64
	finishConcurrency  = 20
	indexConcurrency   = 10
	indexBatch         = 100
	reindexConcurrency = 5
	intakeConcurrency  = 100
	collectConcurrency = 5
	// The maximum number of concurrent batches of the function receive. Each of its two queues gets
	// half of it.
	receiveConcurrency = 40
	memory             = 512 // memory size in MB
	sweepEvery         = time.Minute
	lookAfterEvery     = time.Minute
	findLostEvery      = 15 * time.Minute
	settle             = "2s"
	secretsMaxAge      = "500ms"
)

// timeouts holds the time-outs of the functions. They are those of the deployed functions, except
// the time-out of index.
var timeouts = map[string]time.Duration{
	"fulfill": 295 * time.Second, "finish": 900 * time.Second, "index": 60 * time.Second,
	"intake": 15 * time.Second, "collect": 900 * time.Second, "receive": 900 * time.Second,
}

// Timeout returns the time-out of a function.
func Timeout(function string) time.Duration { return timeouts[function] }

// startFunctions creates the functions and opens their URLs, queues and schedules.
func (s *System) startFunctions() error {
	for _, start := range []func() error{s.startFulfill, s.startIntake, s.startIndex, s.startFinish, s.startCollect, s.startReceive} {
		if err := start(); err != nil {
			return err
		}
	}
	return nil
}

func (s *System) startFulfill() (err error) {
	concurrency := cmp.Or(s.config.Concurrency, fulfillConcurrency)
	s.FulfillURL, _, err = s.behindURL("fulfill", s.config.Programs.Fulfill, s.config.Port, concurrency)
	return err
}

func (s *System) startIntake() (err error) {
	port := s.config.Port
	if port > 0 {
		port++
	}
	s.IntakeURL, s.intake, err = s.behindURL("intake", s.config.Programs.Intake, port, intakeConcurrency)
	return err
}

func (s *System) startIndex() error {
	index, err := s.function("index", s.config.Programs.Index, indexConcurrency)
	if err != nil {
		return err
	}
	if err := s.mapQueue(index, services.IndexQueue, s.IndexQueueURL, s.DeadLettersURL, indexBatch, indexConcurrency); err != nil {
		return err
	}
	if err := s.mapQueue(index, services.ReindexQueue, s.ReindexQueueURL, s.ReindexDeadLettersURL, 1, reindexConcurrency); err != nil {
		return err
	}
	return s.schedule(index, "look-after", cmp.Or(s.config.LookAfter, lookAfterEvery))
}

func (s *System) startFinish() error {
	finish, err := s.function("finish", s.config.Programs.Finish, finishConcurrency)
	if err != nil {
		return err
	}
	if err := s.mapQueue(finish, services.FinishQueue, s.FinishQueueURL, s.FinishDeadLettersURL, 1, finishConcurrency); err != nil {
		return err
	}
	return s.schedule(finish, "sweep", sweepEvery)
}

// startReceive connects the platform's queue and bucket to the function receive. Their events
// belong to the first destination in the file of destinations. If the file lists none, the events
// stay in the queues until the file lists a destination with the name standardDestination.
func (s *System) startReceive() error {
	setting := doors.Binding{Destination: standardDestination}
	if content, err := os.ReadFile(s.config.Destinations); err == nil {
		if list, err := destination.Parse(content); err == nil && len(list) > 0 {
			setting.Destination = list[0].Name
		}
	}
	open, err := json.Marshal(doors.Settings{doors.Queue: setting, doors.Bucket: setting})
	if err != nil {
		return err
	}
	receive, err := s.function("receive", s.config.Programs.Receive, receiveConcurrency, names.Doors, string(open))
	if err != nil {
		return err
	}
	return errors.Join(
		s.mapQueue(receive, services.DoorQueue, s.DoorQueueURL, s.DoorDeadLettersURL, 1, receiveConcurrency/2),
		s.mapQueue(receive, services.DoorEventsQueue, s.DoorEventsQueueURL, s.DoorEventsDeadLettersURL, 1, receiveConcurrency/2),
	)
}

// standardDestination is the name of the destination to which the events in the platform's queue
// and bucket belong if the file of destinations lists none.
const standardDestination = "ads"

func (s *System) startCollect() (err error) {
	s.collect, err = s.function("collect", s.config.Programs.Collect, collectConcurrency)
	if err != nil || s.config.HoldCollect {
		return err
	}
	return s.ReleaseCollect()
}

// ReleaseCollect starts the processing of announcements: it connects the queue and the schedule of
// the function collect. It must be called once, and only if [Config.HoldCollect] is set.
func (s *System) ReleaseCollect() error {
	if err := s.mapQueue(s.collect, services.CollectQueue, s.CollectQueueURL, s.CollectDeadLettersURL, 1, collectConcurrency); err != nil {
		return err
	}
	return s.schedule(s.collect, "find-lost", findLostEvery)
}

// IntakeStarts returns the number of execution environments of the function intake that were
// started.
func (s *System) IntakeStarts() int { return s.intake.Started() }

// behindURL creates a function with a function URL, and returns both. The port 0 means a free
// port.
func (s *System) behindURL(name, bootstrap string, port, concurrency int) (string, *lambda.Function, error) {
	f, err := s.function(name, bootstrap, concurrency)
	if err != nil {
		return "", nil, err
	}
	url, err := lambda.OpenURL(lambda.URLConfig{Name: name, Function: f, Port: port})
	if err != nil {
		return "", nil, err
	}
	s.doors = append(s.doors, url)
	return url.Address(), f, nil
}

func (s *System) schedule(f *lambda.Function, name string, every time.Duration) error {
	schedule, err := lambda.OpenSchedule(lambda.ScheduleConfig{
		Function: f, Every: every, Log: slog.New(slog.NewJSONHandler(s.config.Log, nil)),
		RuleARN: "arn:aws:events:" + services.Region + ":" + services.Account + ":rule/" + name,
	})
	if err == nil {
		s.doors = append(s.doors, schedule)
	}
	return err
}

// function creates a local Lambda function. The parameter own lists environment variables that only
// this function gets: name, value, name, value, and so on.
func (s *System) function(name, bootstrap string, concurrency int, own ...string) (*lambda.Function, error) {
	environment := s.Environment()
	for pair := range slices.Chunk(own, 2) {
		environment[pair[0]] = pair[1]
	}
	maps.Copy(environment, map[string]string{
		names.AllowLoopback: "true", names.IndexLag: settle,
		names.DestinationsMaxAge: secretsMaxAge, names.DestinationsRecheck: secretsMaxAge,
		names.IntakeSecretMaxAge: secretsMaxAge, names.IntakeSecretRecheck: secretsMaxAge,
	})
	maps.Copy(environment, s.config.Environment)
	f, err := lambda.New(lambda.Config{
		Name: name, Bootstrap: bootstrap, Environment: environment, Region: services.Region, MemoryMB: memory,
		Timeout: Timeout(name), Concurrency: concurrency, Output: s.config.Log,
	})
	if err == nil {
		s.functions = append(s.functions, f)
	}
	return f, err
}

// mapQueue connects a queue to a function, which then processes the messages of the queue.
func (s *System) mapQueue(f *lambda.Function, name, url, deadURL string, batch, concurrency int) error {
	q, err := lambda.OpenQueue(lambda.QueueConfig{
		Function: f, Client: s.Clients().WithIdleTimeout(time.Minute).SQS(), URL: url, ARN: services.QueueARN(name),
		BatchSize: batch, Concurrency: concurrency, ReportBatchItemFailures: true,
		FunctionName: f.Name(), Recursive: recursion.Allowed(f.Name()), DeadLettersURL: deadURL,
		Log: slog.New(slog.NewJSONHandler(s.config.Log, nil)),
	})
	if err == nil {
		s.doors = append(s.doors, q)
	}
	return err
}
