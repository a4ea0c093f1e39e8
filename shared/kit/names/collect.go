package names

// The metrics of what is fetched from other platforms.
const (
	MetricCollectedFiles  = "CollectedFiles"  // Count by Sender and Outcome (stored, recorded, failed): files that came to an end
	MetricCollectedBytes  = "CollectedBytes"  // Bytes by Sender: of files that were stored
	MetricCollectFailures = "CollectFailures" // Count by Sender and Reason: files that are not going to be stored
	MetricCollectRetries  = "CollectRetries"  // Count by Sender: messages that come again
	MetricCollectStuck    = "CollectStuck"    // Count: messages that come again though no file is waited for, or for over an hour: a human should look
	MetricCollectAlerts   = "CollectAlerts"   // Count by Sender and Reason (build_rejected, screenshot_failed, job_failed, foreign_code): what a human may want to hear of
	MetricCollectSwept    = "CollectSwept"    // Count: events that no message had told of; 0 at each whole sweep without one
)
