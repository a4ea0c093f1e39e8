package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	awsevents "github.com/aws/aws-lambda-go/events"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/reindex"
	"masterhand/shared/library/summary"
)

type handler struct {
	bucket  string
	queue   string // the name of the reindex queue; messages of any other queue are object events
	report  telemetry.Reporter
	indexer *indexing.Indexer
	worker  reindex.Worker
	// summaries writes the summary of each library in worker.Libraries.
	summaries summary.Keeper
}

// handle processes an event of Lambda: a batch of object events, a batch of messages of the reindex
// queue, or a call by the schedule. It returns the messages that failed, so that their queue
// delivers only these again.
func (h handler) handle(ctx context.Context, event json.RawMessage) (awsevents.SQSEventResponse, error) {
	var batch awsevents.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil || len(batch.Records) == 0 {
		unbuilt, err := h.worker.EnsureBuilt(ctx)
		reindex.ReportUnbuilt(ctx, h.report, unbuilt, err)
		if refreshes(event) {
			for _, lib := range h.worker.Libraries {
				h.summarized(ctx, lib, h.summaries.Refresh(ctx, lib))
			}
		}
		return awsevents.SQSEventResponse{}, nil
	}
	if strings.HasSuffix(batch.Records[0].EventSourceARN, ":"+h.queue) {
		return h.reindex(ctx, batch), nil
	}
	return h.index(ctx, batch), nil
}

// refreshes reports whether the function must refresh the summaries at this event of the schedule. It
// returns true for one event of five, because a refresh has to list all documents of a library.
func refreshes(event json.RawMessage) bool {
	var schedule awsevents.EventBridgeEvent
	err := json.Unmarshal(event, &schedule)
	return err != nil || schedule.Time.Minute()%5 == 0
}

// index updates the index for the keys of a batch of object events.
func (h handler) index(ctx context.Context, batch awsevents.SQSEvent) (response awsevents.SQSEventResponse) {
	fail := func(message awsevents.SQSMessage, key string, err error) {
		h.report.Log.WarnContext(ctx, "not indexed", "key", key, "message", message.MessageId, "receives", receives(message), "error", err.Error())
		response.BatchItemFailures = append(response.BatchItemFailures,
			awsevents.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
	}
	messages := map[string][]awsevents.SQSMessage{} // the messages by object key
	var keys []string
	for _, message := range batch.Records {
		event, err := indexing.ParseEvent(message.Body)
		switch {
		case err != nil:
			fail(message, "", err)
		case event.Bucket != h.bucket:
			h.report.Log.WarnContext(ctx, "event of another bucket", "bucket", event.Bucket)
		default:
			messages[event.Key] = append(messages[event.Key], message)
			keys = append(keys, event.Key)
		}
	}
	// wrote holds the creatives whose index documents were written, by library
	live, wrote := *h.indexer, map[string][]creative.Creative{}
	live.Wrote = func(lib masters.Library, c creative.Creative) { wrote[lib.Name] = append(wrote[lib.Name], c) }
	failed := live.Apply(ctx, keys)
	file(ctx, &live, failed, messages)
	for _, lib := range h.worker.Libraries {
		h.summarized(ctx, lib, h.summaries.Update(ctx, lib, wrote[lib.Name]))
	}
	for key, err := range failed {
		for _, message := range messages[key] {
			fail(message, key, err)
		}
	}
	h.report.Log.InfoContext(ctx, "indexed", "messages", len(batch.Records), "keys", len(messages), "failed", len(response.BatchItemFailures))
	return response
}

// summarized logs the error of a summary's update, if there is one. It returns no error, because the
// next refresh by the schedule repairs the summary.
func (h handler) summarized(ctx context.Context, lib masters.Library, err error) {
	if err != nil {
		h.report.Log.WarnContext(ctx, "not summarized", "library", lib.Name, "error", err.Error())
	}
}

// file handles the keys in failed whose event the queue will not deliver again. It tries once more
// to index each of them. If the object still cannot be read, it records that in the index. A key
// that was indexed or recorded is removed from failed.
func file(ctx context.Context, indexer *indexing.Indexer, failed map[string]error, messages map[string][]awsevents.SQSMessage) {
	var last []string
	for key := range failed {
		if slices.ContainsFunc(messages[key], func(m awsevents.SQSMessage) bool { return receives(m) >= indexing.MaxReceives }) {
			last = append(last, key)
		}
	}
	for _, result := range indexer.File(ctx, last) {
		if delete(failed, result.Key); result.Err != nil {
			failed[result.Key] = result.Err
		}
	}
}

// reindex processes messages of the reindex queue: the steps and the batches of reindexes.
func (h handler) reindex(ctx context.Context, batch awsevents.SQSEvent) (response awsevents.SQSEventResponse) {
	for _, message := range batch.Records {
		m, err := reindex.Decode([]byte(message.Body))
		if err == nil {
			err = h.worker.Work(ctx, m, receives(message))
		}
		if err != nil {
			h.report.Log.WarnContext(ctx, "reindex", "library", m.Library, "run", m.Run, "message", message.MessageId,
				"receives", receives(message), "error", err.Error())
			response.BatchItemFailures = append(response.BatchItemFailures,
				awsevents.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			continue
		}
		h.report.Log.LogAttrs(ctx, slog.LevelInfo, "reindex", slog.String("library", m.Library), slog.String("run", m.Run),
			slog.Bool("step", m.Step != nil))
	}
	return response
}

func receives(message awsevents.SQSMessage) int {
	n, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
	return n
}
