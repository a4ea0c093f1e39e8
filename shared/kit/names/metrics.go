package names

// MetricNamespace is the CloudWatch namespace of all metrics, unless a setting names another
// namespace.
const MetricNamespace = "masterhand"

// NamespaceOf returns the namespace of an environment's metrics. Several environments in one
// account need separate namespaces, because otherwise the metrics of one would raise the alarms
// of another.
func NamespaceOf(environment string) string { return MetricNamespace + "/" + environment }

// The names of the metrics. Each metric with dimensions is also written without dimensions.
const (
	// MetricRequests counts authentic webhooks, by Outcome (the word in the answer).
	MetricRequests = "Requests"
	// MetricSignatureFailures counts webhooks answered with 401.
	MetricSignatureFailures = "SignatureFailures"
	// MetricSecretMatches counts matching signatures by Destination and Secret, to show when an
	// old secret can be removed.
	MetricSecretMatches = "SecretMatches"
	// MetricLoadFailures counts failed loads of the destinations' secret, including secrets that
	// do not parse.
	MetricLoadFailures = "DestinationLoadFailures"
	// MetricMalformed counts authentic webhooks that cannot be used.
	MetricMalformed = "MalformedRequests"
	// MetricConflicts counts requests that repeat another request's callback URL with other
	// content.
	MetricConflicts = "Conflicts"
	// MetricSkips counts requests answered with a skip, by Reason.
	MetricSkips = "Skips"
	// MetricGaveWay counts tries that left a request open, because another destination's library
	// has the creative.
	MetricGaveWay = "SkipsLeftToOthers"
	// MetricFailures counts permanent refusals by the upload's or the callback's server, by
	// Reason.
	MetricFailures = "Failures"
	// MetricHandOffs counts requests handed off to the queue, by Reason.
	MetricHandOffs = "HandOffs"
	// MetricHostNotConfigured counts tries of requests that are held because their destination
	// does not list the host, by Host.
	MetricHostNotConfigured = "HostsNotConfigured"
	// MetricLeaseLosses counts runs that lost their request's lease to another run.
	MetricLeaseLosses = "LeaseLosses"
	// MetricOverdue counts requests that a sweep ended after their expiry. A sweep without any
	// such request writes 0.
	MetricOverdue = "OverdueRequests"
	// MetricUnbuilt counts libraries that are not completely indexed by their present rules. A
	// check that finds no such library writes 0.
	MetricUnbuilt = "UnbuiltLibraries"
	// MetricWaiting counts libraries that wait for "masterhand reindex", by Library. Each check
	// writes 1 per library.
	MetricWaiting = "LibrariesThatWait"
	// MetricUnreadable counts keys whose objects could not be read, or whose masters did not fit
	// into their index document.
	MetricUnreadable = "UnreadableMasters"
	// MetricResults counts the platform's results, by Reason (fulfilled, rejected, timeout,
	// skip_echo, unmatched).
	MetricResults = "PlatformResults"
	// MetricUnpinned counts uploads for destinations whose allowed upload hosts include the
	// default pattern *.r2.cloudflarestorage.com.
	MetricUnpinned = "UnpinnedUploadHosts"
	// MetricETagDiffers counts uploads whose ETag differs from the MD5 of the bytes sent.
	MetricETagDiffers = "UploadETagDiffers"
	// MetricDeliveredBytes is the size of a delivered master, in bytes.
	MetricDeliveredBytes = "DeliveredBytes"
	// MetricThroughput is the size of a delivered master divided by the upload's duration, in
	// bytes per second.
	MetricThroughput = "Throughput"
	// MetricDoorEvents counts processed events that came in without a signature, by Door (queue,
	// bucket).
	MetricDoorEvents = "DoorEvents"
	// MetricDoorFailures counts unsigned events that need a person, by Reason (no_destination,
	// no_library, gone, failure).
	MetricDoorFailures = "DoorFailures"
	// MetricTimeLeft is the time from a delivery's end to the request's expiry, in seconds.
	MetricTimeLeft = "TimeLeft"
)

// The dimensions of the metrics. Their values are a few fixed codes and configured names, never
// text from a payload. The exception is the host, because an alarm must name it.
const (
	DimensionOutcome     = "Outcome"     // the answer to the webhook
	DimensionReason      = "Reason"      // the code of a skip or failure, without its detail
	DimensionHost        = "Host"        // the host of a URL in a signed request
	DimensionDestination = "Destination" // a destination's name
	DimensionLibrary     = "Library"     // a library's name
	DimensionDoor        = "Door"        // the door by which an unsigned event came in: queue or bucket
	DimensionSecret      = "Secret"      // the matching secret's last four characters, or the start of a token's hash
)
