package names

// The metrics of what other platforms announce.
const (
	MetricIntakeRequests     = "IntakeRequests"     // Count by Sender and Outcome: webhooks, by how they were answered
	MetricIntakeRefusals     = "IntakeRefusals"     // Count by Sender: webhooks answered 401
	MetricIntakeTokens       = "IntakeTokenMatches" // Count by Sender and Secret: an old token may go once a new one has matched
	MetricIntakeUnknown      = "IntakeUnknown"      // Count by Sender: events of which something was not known
	MetricIntakeCoordinates  = "IntakeCoordinates"  // Count by Sender: events to a URL whose coordinates cannot be used
	MetricIntakeFailures     = "IntakeFailures"     // Count by Reason (store, queue, lost): events that one part or all of keeping them failed for
	MetricIntakeLoadFailures = "IntakeLoadFailures" // Count: loads of the senders' secret that failed or did not parse
)

// DimensionSender is a sender of webhooks by name, or UnknownSender.
const (
	DimensionSender = "Sender"
	UnknownSender   = "unknown" // every name that is no sender's
)
