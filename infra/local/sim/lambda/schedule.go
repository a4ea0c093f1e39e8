package lambda

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"
)

// ScheduleConfig describes an EventBridge rule that invokes a function at regular intervals.
type ScheduleConfig struct {
	// Function is the function that is invoked. Required.
	Function Invoker
	// Every is the time between two invocations, and before the first invocation. Required.
	Every time.Duration
	// RuleARN is the rule's ARN in the event. Required.
	RuleARN string
	// Log receives errors; nil discards them.
	Log *slog.Logger
}

// Schedule invokes a function at regular intervals, one invocation at a time. If an invocation is
// due while the previous one runs, it is skipped.
type Schedule struct {
	cfg     ScheduleConfig
	region  string
	stop    context.CancelFunc
	running sync.WaitGroup
}

// OpenSchedule starts the schedule; Close ends it.
func OpenSchedule(cfg ScheduleConfig) (*Schedule, error) {
	region, err := regionOf(cfg.RuleARN)
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	if cfg.Every <= 0 {
		return nil, fmt.Errorf("schedule %s: no interval", cfg.RuleARN)
	}
	cfg.Log = cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)).With("rule", cfg.RuleARN)
	ctx, stop := context.WithCancel(context.Background())
	s := &Schedule{cfg: cfg, region: region, stop: stop}
	s.running.Go(func() { s.run(ctx) })
	return s, nil
}

// Close ends the schedule and waits for a running invocation until ctx ends.
func (s *Schedule) Close(ctx context.Context) error {
	s.stop()
	ended := make(chan struct{})
	go func() { s.running.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing schedule %s: %w", s.cfg.RuleARN, ctx.Err())
	}
}

func (s *Schedule) run(ctx context.Context) {
	tick := time.NewTicker(s.cfg.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if err := s.invoke(now); err != nil {
				s.cfg.Log.Warn("scheduled invocation", "error", err)
			}
		}
	}
}

func (s *Schedule) invoke(now time.Time) error {
	payload, err := json.Marshal(awsevents.EventBridgeEvent{
		Version:    "0",
		ID:         newID(),
		DetailType: "Scheduled Event",
		Source:     "aws.events",
		AccountID:  Account,
		Time:       now.UTC().Truncate(time.Second),
		Region:     s.region,
		Resources:  []string{s.cfg.RuleARN},
		Detail:     json.RawMessage("{}"),
	})
	if err != nil {
		return fmt.Errorf("building event: %w", err)
	}
	_, err = s.cfg.Function.Invoke(Invocation{Payload: payload})
	return err
}
