package main

import (
	"context"
	"log/slog"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/indexing"
)

type handler struct {
	bucket  string
	log     *slog.Logger
	indexer *indexing.Indexer
}

// handle takes a batch of messages and returns those whose keys could not be indexed,
// so that they alone come again.
func (h handler) handle(ctx context.Context, batch awsevents.SQSEvent) (awsevents.SQSEventResponse, error) {
	var response awsevents.SQSEventResponse
	fail := func(message awsevents.SQSMessage, key string, err error) {
		h.log.WarnContext(ctx, "not indexed", "key", key, "message", message.MessageId,
			"receives", message.Attributes["ApproximateReceiveCount"], "error", err.Error())
		response.BatchItemFailures = append(response.BatchItemFailures,
			awsevents.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
	}
	messages := map[string][]awsevents.SQSMessage{} // by key
	var keys []string
	for _, message := range batch.Records {
		event, err := indexing.ParseEvent(message.Body)
		switch {
		case err != nil:
			fail(message, "", err)
		case event.Bucket != h.bucket:
			h.log.WarnContext(ctx, "event of another bucket", "bucket", event.Bucket)
		default:
			messages[event.Key] = append(messages[event.Key], message)
			keys = append(keys, event.Key)
		}
	}
	failed := h.indexer.Apply(ctx, keys)
	for key, err := range failed {
		for _, message := range messages[key] {
			fail(message, key, err)
		}
	}
	h.log.InfoContext(ctx, "indexed", "messages", len(batch.Records), "keys", len(messages), "failed", len(response.BatchItemFailures))
	return response, nil
}
