package names

// Metrics about files that are fetched from other platforms.
const (
	// MetricCollectedFiles counts announced files whose collection has ended, by Sender and
	// Outcome (stored, recorded, failed).
	MetricCollectedFiles = "CollectedFiles"
	// MetricCollectedBytes sums the bytes of stored files, by Sender.
	MetricCollectedBytes = "CollectedBytes"
	// MetricCollectFailures counts files that will never be stored, by Sender and Reason.
	MetricCollectFailures = "CollectFailures"
	// MetricCollectRetries counts messages that are retried, by Sender.
	MetricCollectRetries = "CollectRetries"
	// MetricCollectStuck counts messages that are retried for over an hour, or although no file is
	// pending.
	MetricCollectStuck = "CollectStuck"
	// MetricCollectAlerts counts alerts for people, by Sender and Reason (build_rejected,
	// screenshot_failed, job_failed, foreign_code).
	MetricCollectAlerts = "CollectAlerts"
	// MetricCollectSwept counts stored events for which no message came. A complete sweep without
	// any such event writes 0.
	MetricCollectSwept = "CollectSwept"
)
