package names

// Metrics about announcements that come from other platforms.
const (
	MetricIntakeRequests     = "IntakeRequests"     // counts webhooks, by Sender and Outcome (the answer)
	MetricIntakeRefusals     = "IntakeRefusals"     // counts webhooks answered with 401, by Sender
	MetricIntakeTokens       = "IntakeTokenMatches" // counts matching tokens by Sender and Secret, to show when an old token can be removed
	MetricIntakeUnknown      = "IntakeUnknown"      // counts events with an unknown type or field, by Sender
	MetricIntakeCoordinates  = "IntakeCoordinates"  // counts events that were sent to a URL with unusable coordinates, by Sender
	MetricIntakeFailures     = "IntakeFailures"     // counts events that were not stored, not queued, or neither, by Reason (store, queue, lost)
	MetricIntakeLoadFailures = "IntakeLoadFailures" // counts failed loads of the senders' secret, including secrets that do not parse
)

// DimensionSender is the dimension whose value is a sender's name, or UnknownSender.
const (
	DimensionSender = "Sender"
	UnknownSender   = "unknown" // stands for every name that is not a sender's name
)
