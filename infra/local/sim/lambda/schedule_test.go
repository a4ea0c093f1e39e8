package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/infra/local/sim/lambda"
)

const rule = "arn:aws:events:eu-west-1:000000000000:rule/settle"

func TestSchedule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var events []awsevents.EventBridgeEvent
		s, err := lambda.OpenSchedule(lambda.ScheduleConfig{
			Every:   time.Minute,
			RuleARN: rule,
			Function: invokerFunc(func(in lambda.Invocation) ([]byte, error) {
				var event awsevents.EventBridgeEvent
				if err := json.Unmarshal(in.Payload, &event); err != nil {
					t.Error(err)
				}
				events = append(events, event)
				return nil, lambda.ErrThrottled // the schedule must continue after this error
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		<-time.After(2*time.Minute + time.Second)
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour)
		if len(events) != 2 {
			t.Fatalf("%d invocations in two minutes", len(events))
		}
		e := events[1]
		if e.Source != "aws.events" || e.DetailType != "Scheduled Event" || e.Region != "eu-west-1" || e.Resources[0] != rule || string(e.Detail) != "{}" {
			t.Errorf("event %+v", e)
		}
		if want := start.Add(2 * time.Minute).UTC(); !e.Time.Equal(want) {
			t.Errorf("event of %v, want %v", e.Time, want)
		}
	})
}

func TestScheduleCloseWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := lambda.OpenSchedule(lambda.ScheduleConfig{
			Every:    time.Minute,
			RuleARN:  rule,
			Function: invokerFunc(func(lambda.Invocation) ([]byte, error) { <-release; return nil, nil }),
		})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		close(release)
	})
}

func TestScheduleRejectsAnIncompleteConfiguration(t *testing.T) {
	t.Parallel()
	for _, cfg := range []lambda.ScheduleConfig{{Every: time.Minute, RuleARN: "settle"}, {RuleARN: rule}} {
		if _, err := lambda.OpenSchedule(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
