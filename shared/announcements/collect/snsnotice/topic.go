// Package snsnotice sends notices to people through an SNS topic.
//
//	topic := snsnotice.Topic{Client: client, ARN: "arn:aws:sns:…"}
package snsnotice

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"

	"masterhand/shared/announcements/collect"
)

// Topic implements [collect.Notifier]. Both fields are required.
type Topic struct {
	Client *sns.Client
	ARN    string
}

// errPublish says that the topic refused a notice. Only SNS's error code is added to it, because
// the SDK's errors may contain the request.
var errPublish = errors.New("topic refused the notice")

// titles maps each alert to the first words of the notice that is sent for it.
var titles = map[string]string{
	"build_rejected": "a build was rejected", "screenshot_failed": "a screenshot failed", "job_failed": "a job failed",
	"no_file": "an announced file is missing",
}

// Notify implements [collect.Notifier].
func (t Topic) Notify(ctx context.Context, n collect.Notice) error {
	title := titles[n.Code]
	if title == "" {
		title = n.Code
	}
	_, err := t.Client.Publish(ctx, &sns.PublishInput{
		TopicArn: &t.ARN, Subject: new(subject("masterhand: " + n.Sender + ": " + title)), Message: new(message(title, n)),
	})
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api):
		return fmt.Errorf("%w: %s", errPublish, api.ErrorCode())
	}
	return errPublish
}

func message(title string, n collect.Notice) string {
	lines := []string{
		title, "", "sender   " + n.Sender, "subject  " + n.Subject, "event    " + n.Type, "status   " + n.Status,
		"why      " + n.Detail, "at       " + n.At.UTC().Format(time.RFC3339), "code     " + n.Code,
	}
	return strings.Join(lines, "\n")
}

// subject shortens a text to what SNS accepts as a subject: less than 100 printable ASCII
// characters (Publish in the Amazon SNS API Reference).
func subject(s string) string {
	const most = 99
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), most)]
}
