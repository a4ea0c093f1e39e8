package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

var connectCommand = command{
	name: "connect", args: "BUCKET [-yes]", short: "have an existing bucket send its object events to EventBridge",
	long: `A bucket that the stack made does so from the start. For one that was there before
(-c mastersBucket=…) this shows its notification configuration and, once confirmed, adds
the one switch; all that it has stays as it is. It says so, too, where no rule of the
bucket ends uploads that were never completed.`,
	define: func(s *session, flags *flag.FlagSet) action {
		yes := flags.Bool("yes", false, "do not ask")
		return func(ctx context.Context, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%w: name one bucket", errUsage)
			}
			if s.machine != nil {
				return errNotMachine
			}
			if err := s.open(ctx); err != nil {
				return err
			}
			return s.connect(ctx, args[0], *yes)
		}
	},
}

var errNotOn = errors.New("the switch did not stay on: somebody else may be changing the bucket's configuration")

func (s *session) connect(ctx context.Context, bucket string, yes bool) error {
	now, err := s.notifications(ctx, bucket)
	if err != nil {
		return err
	}
	s.showNotifications(bucket, now)
	defer s.showIncomplete(ctx, bucket)
	if now.EventBridgeConfiguration != nil {
		s.printf("nothing to do\n")
		return nil
	}
	if !yes {
		if err := s.mustConfirm(bucket, "EventBridge is to be switched on; the rest stays."); err != nil {
			return err
		}
	}
	_, err = s.s3().PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &bucket,
		NotificationConfiguration: &types.NotificationConfiguration{
			EventBridgeConfiguration:     &types.EventBridgeConfiguration{},
			LambdaFunctionConfigurations: now.LambdaFunctionConfigurations,
			QueueConfigurations:          now.QueueConfigurations,
			TopicConfigurations:          now.TopicConfigurations,
		},
	})
	if err != nil {
		return fmt.Errorf("switching EventBridge on: %w", err)
	}
	on, err := s.announces(ctx, bucket)
	if err == nil && !on {
		err = errNotOn
	}
	if err == nil {
		s.printf("EventBridge is on; what is in the bucket already is not announced\n")
	}
	return err
}

// showIncomplete says what becomes of uploads in parts that are never completed, if
// nothing does. A stack's own bucket has a rule for them.
func (s *session) showIncomplete(ctx context.Context, bucket string) {
	out, err := s.s3().GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	var answer smithy.APIError
	switch {
	case err != nil && !(errors.As(err, &answer) && answer.ErrorCode() == "NoSuchLifecycleConfiguration"):
		s.printf("whether a rule of the bucket ends uploads that were never completed could not be read: %v\n", err)
	case err != nil || !slices.ContainsFunc(out.Rules, endsUploads):
		s.printf("no rule of the bucket ends uploads that were never completed: their parts stay, unseen but paid for; " +
			"add a lifecycle rule with AbortIncompleteMultipartUpload after 7 days\n")
	}
}

func endsUploads(r types.LifecycleRule) bool {
	return r.Status == types.ExpirationStatusEnabled && r.AbortIncompleteMultipartUpload != nil
}

// notifications reads what a bucket announces, and where.
func (s *session) notifications(ctx context.Context, bucket string) (*s3.GetBucketNotificationConfigurationOutput, error) {
	out, err := s.s3().GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{Bucket: &bucket})
	if err != nil {
		return nil, fmt.Errorf("reading the bucket's notification configuration: %w", err)
	}
	return out, nil
}

// announces reports whether a bucket sends its object events to EventBridge.
func (s *session) announces(ctx context.Context, bucket string) (bool, error) {
	out, err := s.notifications(ctx, bucket)
	return err == nil && out.EventBridgeConfiguration != nil, err
}

func (s *session) showNotifications(bucket string, c *s3.GetBucketNotificationConfigurationOutput) {
	onOff := "off"
	if c.EventBridgeConfiguration != nil {
		onOff = "on"
	}
	s.printf("bucket %s announces its object events to\n  EventBridge: %s\n", bucket, onOff)
	for _, l := range c.LambdaFunctionConfigurations {
		s.printf("  function %s (%s): %v\n", value(l.LambdaFunctionArn), value(l.Id), l.Events)
	}
	for _, q := range c.QueueConfigurations {
		s.printf("  queue %s (%s): %v\n", value(q.QueueArn), value(q.Id), q.Events)
	}
	for _, t := range c.TopicConfigurations {
		s.printf("  topic %s (%s): %v\n", value(t.TopicArn), value(t.Id), t.Events)
	}
}
