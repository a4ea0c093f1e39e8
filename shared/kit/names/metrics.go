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
	MetricRequests          = "Requests"                // counts authentic webhooks, by Outcome (the answer)
	MetricSignatureFailures = "SignatureFailures"       // counts webhooks answered with 401
	MetricSecretMatches     = "SecretMatches"           // counts matching signatures by Destination and Secret, to show when an old secret can be removed
	MetricLoadFailures      = "DestinationLoadFailures" // counts failed loads of the destinations' secret, including secrets that do not parse
	MetricMalformed         = "MalformedRequests"       // counts authentic webhooks that cannot be used
	MetricConflicts         = "Conflicts"               // counts requests that repeat another request's callback URL with other content
	MetricSkips             = "Skips"                   // counts requests answered with a skip, by Reason
	MetricGaveWay           = "SkipsLeftToOthers"       // counts tries that left a request open, because another destination's library has the creative
	MetricFailures          = "Failures"                // counts permanent refusals by the upload's or the callback's server, by Reason
	MetricHandOffs          = "HandOffs"                // counts requests handed off to the queue, by Reason
	MetricHostNotConfigured = "HostsNotConfigured"      // counts tries of requests that are held because their destination does not list the host, by Host
	MetricLeaseLosses       = "LeaseLosses"             // counts runs that lost their request's lease to another run
	MetricOverdue           = "OverdueRequests"         // counts requests that a sweep ended after their expiry; a sweep without any such request writes 0
	MetricUnbuilt           = "UnbuiltLibraries"        // counts libraries that are not completely indexed by their present rules; a check without any writes 0
	MetricWaiting           = "LibrariesThatWait"       // counts libraries that wait for "masterhand reindex", by Library; each check writes 1 per library
	MetricUnreadable        = "UnreadableMasters"       // counts keys that were filed without being read, or did not fit into their index document
	MetricResults           = "PlatformResults"         // counts the platform's results, by Reason (fulfilled, rejected, timeout, skip_echo, unmatched)
	MetricUnpinned          = "UnpinnedUploadHosts"     // counts uploads to a host that only the default pattern allows
	MetricETagDiffers       = "UploadETagDiffers"       // counts uploads whose ETag differs from the MD5 of the bytes sent
	MetricDeliveredBytes    = "DeliveredBytes"          // size of a delivered master, in bytes
	MetricThroughput        = "Throughput"              // size of a delivered master divided by the upload's duration, in bytes per second
	MetricDoorEvents        = "DoorEvents"              // counts processed events that came in without a signature, by Door (queue, bucket)
	MetricDoorFailures      = "DoorFailures"            // counts unsigned events that need a person, by Reason (no_destination, no_library, gone, failure)
	MetricTimeLeft          = "TimeLeft"                // seconds from a delivery's end to the request's expiry
)

// The dimensions of the metrics. Their values are a few fixed codes and configured names, never
// text from a payload. The exception is the host, because an alarm must name it.
const (
	DimensionOutcome     = "Outcome"     // the answer to the webhook
	DimensionReason      = "Reason"      // the code of a skip or failure, without its detail
	DimensionHost        = "Host"        // the host of a URL in a signed request
	DimensionDestination = "Destination" // a destination's name
	DimensionLibrary     = "Library"     // a library's name
	DimensionDoor        = "Door"        // the way in for an unsigned event: queue or bucket
	DimensionSecret      = "Secret"      // the last four characters of the matching secret; for a token, the start of its hash
)
