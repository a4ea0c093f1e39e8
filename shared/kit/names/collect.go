package names

// Metrics about files that are fetched from other platforms.
const (
	MetricCollectedFiles  = "CollectedFiles"  // counts announced files whose collection has ended, by Sender and Outcome (stored, recorded, failed)
	MetricCollectedBytes  = "CollectedBytes"  // sums the bytes of stored files, by Sender
	MetricCollectFailures = "CollectFailures" // counts files that will never be stored, by Sender and Reason
	MetricCollectRetries  = "CollectRetries"  // counts messages that are retried, by Sender
	MetricCollectStuck    = "CollectStuck"    // counts messages that are retried for over an hour, or although no file is pending
	MetricCollectAlerts   = "CollectAlerts"   // counts alerts for people, by Sender and Reason (build_rejected, screenshot_failed, job_failed, foreign_code)
	MetricCollectSwept    = "CollectSwept"    // counts stored events for which no message came; a complete sweep without any such event writes 0
)
