package names

// MetricNamespace is the CloudWatch namespace of all metrics where nothing else is told.
const MetricNamespace = "masterhand"

// NamespaceOf returns the namespace of an environment's metrics: several in one account
// must not raise each other's alarms.
func NamespaceOf(environment string) string { return MetricNamespace + "/" + environment }

// The metrics. Each comment gives the unit, and the dimensions beside the metric
// without any.
const (
	MetricRequests          = "Requests"                // Count by Outcome: authentic webhooks, by how they were answered
	MetricSignatureFailures = "SignatureFailures"       // Count: webhooks answered 401
	MetricSecretMatches     = "SecretMatches"           // Count by Destination and Secret: an old secret may go once a new one has matched
	MetricLoadFailures      = "DestinationLoadFailures" // Count: loads of the destinations' secret that failed or did not parse
	MetricMalformed         = "MalformedRequests"       // Count: authentic but unusable
	MetricConflicts         = "Conflicts"               // Count: another request with the same callback
	MetricSkips             = "Skips"                   // Count by Reason: requests answered with a skip
	MetricGaveWay           = "SkipsLeftToOthers"       // Count: tries that held back an end because another destination's library has the creative
	MetricFailures          = "Failures"                // Count by Reason: permanent refusals by the upload's or the callback's server
	MetricHandOffs          = "HandOffs"                // Count by Reason: requests left to the queue
	MetricHostNotConfigured = "HostsNotConfigured"      // Count by Host: tries of requests that are held because their destination lacks the host
	MetricLeaseLosses       = "LeaseLosses"             // Count: runs that lost their request to another
	MetricOverdue           = "OverdueRequests"         // Count: requests ended because nobody had by their expiry; 0 at each sweep without one
	MetricUnbuilt           = "UnbuiltLibraries"        // Count: libraries not indexed whole by their present rules; 0 at each look without one
	MetricWaiting           = "LibrariesThatWait"       // Count by Library: libraries that only masterhand reindex indexes, 1 at each look
	MetricUnreadable        = "UnreadableMasters"       // Count: keys filed without being read, or without room in their index document
	MetricResults           = "PlatformResults"         // Count by Reason (fulfilled, rejected, timeout, skip_echo, unmatched): what the platform said of our requests
	MetricUnpinned          = "UnpinnedUploadHosts"     // Count: uploads to a host that only the default pattern allows
	MetricETagDiffers       = "UploadETagDiffers"       // Count: uploads whose ETag is not the MD5 of what was sent
	MetricDeliveredBytes    = "DeliveredBytes"          // Bytes: a delivered master's size
	MetricThroughput        = "Throughput"              // Bytes/Second: that size by the upload's time
	MetricDoorEvents        = "DoorEvents"              // Count by Door (queue, bucket): events done with that came without a signature
	MetricDoorFailures      = "DoorFailures"            // Count by Reason (no_destination, no_library, gone, failure): receipts of such events that need a human
	MetricTimeLeft          = "TimeLeft"                // Seconds: from a delivery's end to the request's expiry
)

// The dimensions of the metrics. Their values are few: codes, never what a
// payload says, but for the host, which an alarm must name.
const (
	DimensionOutcome     = "Outcome"     // what the webhook was answered
	DimensionReason      = "Reason"      // code of a skip or failure, without its detail
	DimensionHost        = "Host"        // of a signed request's URL
	DimensionDestination = "Destination" // a destination's name
	DimensionLibrary     = "Library"     // a library's name
	DimensionDoor        = "Door"        // how an event came in that nobody signed
	DimensionSecret      = "Secret"      // last four characters of the secret that matched; of a token, the start of its hash
)
