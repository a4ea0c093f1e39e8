package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/spf13/cobra"
)

func connectCommand(s *session) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "connect BUCKET", Short: "Make an existing bucket send its object events to EventBridge", Args: takes(1, 1, "one bucket"),
		Long: `Makes an existing bucket send its object events to EventBridge. A bucket that the stack made sends its events from the start. For a bucket that
existed before (-c mastersBucket=…), this command shows the notification
configuration, asks, and turns EventBridge on. It changes nothing else in the
configuration. Only one tool may own the configuration: if Terraform or another
stack manages the bucket, turn EventBridge on there, because the tool's next run
would turn it off again. The command also warns if the bucket has no lifecycle rule
that aborts incomplete uploads.`,
		Example: examples("connect films"),
		RunE: func(c *cobra.Command, args []string) error {
			if s.asJSON && !yes {
				return errJSONAsks
			}
			if s.localFlag.given {
				return fmt.Errorf("%w: a system on this machine learns of its bucket's changes by itself", errAWSOnly)
			}
			s.nameGiven = true // otherwise the method open could select a system on this machine
			if err := s.open(c.Context()); err != nil {
				return err
			}
			return s.connect(c.Context(), args[0], yes)
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	s.withJSON(c, "one line of JSON at the end; needs --yes")
	return c
}

// oneOwner is a warning to the operator: if another tool manages the bucket, that tool may overwrite
// the bucket's notification configuration.
const oneOwner = "If Terraform or another stack manages the bucket, stop here and turn it on there:\n" +
	"its next run would turn it off again. In Terraform: eventbridge = true in aws_s3_bucket_notification."

var errNotOn = errors.New("EventBridge is off again: another tool may be changing the bucket's configuration; turn it on there")

func (s *session) connect(ctx context.Context, bucket string, yes bool) error {
	if err := s.foreign(ctx, bucket, ""); err != nil {
		return err
	}
	now, err := s.notifications(ctx, bucket)
	if err != nil {
		return err
	}
	defer s.warnIncomplete(ctx, bucket)
	if !s.asJSON {
		s.showNotifications(bucket, now)
	}
	if now.EventBridgeConfiguration != nil {
		return s.showConnected(bucket, false)
	}
	if !yes {
		if err := s.mustConfirm(bucket, "EventBridge will be turned on; nothing else changes. "+oneOwner); err != nil {
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
		return fmt.Errorf("turning EventBridge on: %w", err)
	}
	on, err := s.announces(ctx, bucket)
	if err == nil && !on {
		err = errNotOn
	}
	if err != nil {
		return err
	}
	return s.showConnected(bucket, true)
}

// showConnected prints that the bucket sends its events to EventBridge. changed must be set if this
// command has just made the bucket do so.
func (s *session) showConnected(bucket string, changed bool) error {
	switch {
	case s.asJSON:
		return s.JSON(map[string]any{"bucket": bucket, "event_bridge": true, "changed": changed})
	case changed:
		s.printf("EventBridge is on; for the objects that the bucket already has, it sends no events: index them with \"%s\"\n", typed("reindex"))
	default:
		s.printf("nothing to change: EventBridge is on\n")
	}
	return nil
}

// warnIncomplete warns if no lifecycle rule of the bucket aborts incomplete multipart uploads. A
// bucket that the stack made has such a rule.
func (s *session) warnIncomplete(ctx context.Context, bucket string) {
	out, err := s.s3().GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	var answer smithy.APIError
	switch {
	case err != nil && !(errors.As(err, &answer) && answer.ErrorCode() == "NoSuchLifecycleConfiguration"):
		s.warn("the bucket's lifecycle rules could not be read, so check yourself that one aborts incomplete uploads: %v", err)
	case err != nil || !slices.ContainsFunc(out.Rules, endsUploads):
		s.warn("the bucket has no lifecycle rule that aborts incomplete uploads: their invisible parts stay, and cost money; " +
			"add a rule with AbortIncompleteMultipartUpload after 7 days")
	}
}

func endsUploads(r types.LifecycleRule) bool {
	return r.Status == types.ExpirationStatusEnabled && r.AbortIncompleteMultipartUpload != nil
}

// notifications returns a bucket's notification configuration.
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
	s.printf("bucket %s sends its object events to\n  EventBridge: %s\n", bucket, onOff)
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
