package coldstart

import "masterhand/shared/kit/names"

// settings returns environment variables with which every function can start. They are those of a
// deployment that has two libraries, and both the queue and the bucket for unsigned events.
func settings() []string {
	const queues = "https://sqs.eu-central-1.amazonaws.com/123456789012/masterhand-"
	return []string{
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_SESSION_TOKEN=example",
		"AWS_LAMBDA_FUNCTION_NAME=masterhand", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		names.LambdaInitialization + "=on-demand",
		names.Region + "=eu-central-1",
		names.MetricsNamespace + "=masterhand/production",
		names.MastersBucket + "=masterhand-masters",
		names.IndexBucket + "=masterhand-index",
		names.LedgerTable + "=masterhand-ledger",
		names.Libraries + `=[{"name":"films","prefix":"films/"},{"name":"stills","prefix":"stills/"}]`,
		names.DestinationsSecret + "=masterhand-destinations",
		names.IndexQueue + "=" + queues + "index",
		names.IndexDeadLetters + "=" + queues + "index-dead",
		names.ReindexQueue + "=" + queues + "reindex",
		names.FinishQueue + "=" + queues + "finish",
		names.Doors + `={"queue":{"destination":"ads"},"bucket":{"destination":"ads"}}`,
		names.DoorQueue + "=" + queues + "door",
		names.DoorBucket + "=masterhand-door",
		names.DoorEventsQueue + "=" + queues + "door-events",
		names.IntakeBucket + "=masterhand-intake",
		names.IntakeSecret + "=masterhand-senders",
		names.CollectQueue + "=" + queues + "collect",
		names.CollectLibrary + "=films",
		names.NotifyTopic + "=arn:aws:sns:eu-central-1:123456789012:masterhand-notices",
	}
}
