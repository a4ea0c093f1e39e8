// Package sqsreindex brings the messages of reindexes by SQS.
package sqsreindex

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"masterhand/shared/library/reindex"
)

// SQS's limits for one call (Amazon SQS Developer Guide, "Message quotas").
const (
	maxEntries = 10
	maxBytes   = 256 << 10
)

// Queue implements [reindex.Queue].
type Queue struct {
	Client *sqs.Client
	URL    string
}

// Send implements [reindex.Queue].
func (q Queue) Send(ctx context.Context, delay time.Duration, messages ...reindex.Message) error {
	var entries []types.SendMessageBatchRequestEntry
	size := 0
	for i, m := range messages {
		body, err := m.Encode()
		if err != nil {
			return err
		}
		if len(entries) == maxEntries || size+len(body) > maxBytes {
			if err := q.send(ctx, entries); err != nil {
				return err
			}
			entries, size = nil, 0
		}
		size += len(body)
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id: new(strconv.Itoa(i)), MessageBody: new(string(body)), DelaySeconds: int32(delay / time.Second),
		})
	}
	if len(entries) == 0 {
		return nil
	}
	return q.send(ctx, entries)
}

func (q Queue) send(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	out, err := q.Client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
	if err != nil {
		return fmt.Errorf("sending messages of a reindex: %w", err)
	}
	if n := len(out.Failed); n > 0 {
		return fmt.Errorf("sending messages of a reindex: %d of %d refused", n, len(entries))
	}
	return nil
}
