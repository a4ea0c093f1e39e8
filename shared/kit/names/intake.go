package names

// Metrics about announcements that come from other platforms.
const (
	// MetricIntakeRequests counts webhooks by Sender and Outcome. Outcome is the word in the answer
	// to the webhook.
	MetricIntakeRequests = "IntakeRequests"
	// MetricIntakeRefusals counts webhooks answered with 401, by Sender.
	MetricIntakeRefusals = "IntakeRefusals"
	// MetricIntakeTokens counts matching tokens by Sender and Secret, to show when an old token
	// can be removed.
	MetricIntakeTokens = "IntakeTokenMatches"
	// MetricIntakeUnknown counts events with an unknown type or field, by Sender.
	MetricIntakeUnknown = "IntakeUnknown"
	// MetricIntakeCoordinates counts events whose webhook URL states an unusable code, variation,
	// locale or aspect, by Sender.
	MetricIntakeCoordinates = "IntakeCoordinates"
	// MetricIntakeFailures counts events, by Reason, that were not stored (store), not queued
	// (queue), or neither stored nor queued (lost).
	MetricIntakeFailures = "IntakeFailures"
	// MetricIntakeLoadFailures counts failed loads of the senders' secret, including secrets that
	// do not parse.
	MetricIntakeLoadFailures = "IntakeLoadFailures"
)

// DimensionSender is the dimension whose value is a sender's name, or UnknownSender.
const (
	DimensionSender = "Sender"
	UnknownSender   = "unknown" // replaces every name that is not a sender's name
)
