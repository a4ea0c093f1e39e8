// Package names holds the constants that the functions, the stack and the local host share, such
// as the keys of environment variables. So these programs cannot use different names.
package names

// Keys of the functions' environment variables. Each comment describes the variable's value. The
// endpoint keys are those of the AWS SDKs.
const (
	// MastersBucket names the bucket that holds the masters.
	MastersBucket = "MASTERS_BUCKET"
	// IndexBucket names the bucket that holds the index documents.
	IndexBucket = "INDEX_BUCKET"
	// LedgerTable names the DynamoDB table of requests.
	LedgerTable = "LEDGER_TABLE"
	// DestinationsSecret holds the Secrets Manager id of the destinations' list.
	DestinationsSecret = "DESTINATIONS_SECRET"
	// DestinationsMaxAge sets how long a loaded list of destinations is used; the default is 60s.
	DestinationsMaxAge = "DESTINATIONS_MAX_AGE"
	// DestinationsRecheck sets the minimum time between reloads after signatures that match no
	// secret; the default is 30s.
	DestinationsRecheck = "DESTINATIONS_RECHECK"
	// IndexQueue holds the URL of the queue of object events.
	IndexQueue = "INDEX_QUEUE_URL"
	// IndexDeadLetters holds the URL of the dead-letter queue of the index queue.
	IndexDeadLetters = "INDEX_DEAD_LETTERS_URL"
	// ReindexQueue holds the URL of the queue of the batches that index whole libraries.
	ReindexQueue = "REINDEX_QUEUE_URL"
	// FinishQueue holds the URL of the queue of requests that the function fulfill hands off.
	FinishQueue = "FINISH_QUEUE_URL"
	// Doors holds a JSON object: the doors other than the function URL, with the destination of
	// each door.
	Doors = "DOORS"
	// DoorQueue holds the URL of the queue that the platform sends events to.
	DoorQueue = "DOOR_QUEUE_URL"
	// DoorBucket names the bucket that the platform stores events in.
	DoorBucket = "DOOR_BUCKET"
	// DoorEventsQueue holds the URL of the queue of the door bucket's object events.
	DoorEventsQueue = "DOOR_EVENTS_QUEUE_URL"
	// Lease sets how long a run holds a request unless the run renews the lease. The value must be
	// the same in all functions; the default is 60s.
	Lease = "LEDGER_LEASE"
	// LedgerSpread is "true" if the ledger writes its index keys in shards. Older versions of
	// masterhand do not find items with such keys.
	LedgerSpread = "LEDGER_SPREAD"
	// IntakeBucket names the bucket that holds the raw events of other platforms.
	IntakeBucket = "INTAKE_BUCKET"
	// CollectQueue holds the URL of the queue of events that the function intake accepted.
	CollectQueue = "COLLECT_QUEUE_URL"
	// IntakeSecret holds the Secrets Manager id of the senders' tokens.
	IntakeSecret = "INTAKE_SECRET"
	// IntakeSecretMaxAge sets how long loaded tokens are used; the default is 60s.
	IntakeSecretMaxAge = "INTAKE_SECRET_MAX_AGE"
	// IntakeSecretRecheck sets the minimum time between reloads after webhooks with an unknown
	// token; the default is 30s.
	IntakeSecretRecheck = "INTAKE_SECRET_RECHECK"
	// PosternityFields holds a JSON object with a JSON pointer for each value that is read from
	// Posternity's events. By default it has no pointers.
	PosternityFields = "POSTERNITY_FIELDS"
	// CollectMaxBytes sets the largest size of an announced file to fetch, in bytes; the default
	// is 5 GiB.
	CollectMaxBytes = "COLLECT_MAX_BYTES"
	// CollectBuilds is "true" if builds are fetched, too. By default they are only recorded.
	CollectBuilds = "COLLECT_BUILDS"
	// CollectMaxBuild sets the largest size of a build to fetch, in bytes; the default is 32 GiB.
	CollectMaxBuild = "COLLECT_MAX_BUILD_BYTES"
	// CollectLibrary names the library that receives fetched files; the default is the only
	// library.
	CollectLibrary = "COLLECT_LIBRARY"
	// NotifyTopic holds the ARN of the SNS topic for senders' alerts. By default no alerts are
	// sent.
	NotifyTopic = "NOTIFY_TOPIC"
	// NotifyOn lists the kinds of alerts to send, separated by commas; the default is all kinds.
	NotifyOn = "NOTIFY_ON"
	// IndexLag sets the longest time from an upload until its event is in the queue; the default
	// is 120s.
	IndexLag = "INDEX_SETTLE"
	// Libraries holds a JSON list of libraries; the default is one library of the whole bucket.
	Libraries = "LIBRARIES"
	// MetricsNamespace names the CloudWatch namespace of the metrics; the default is masterhand.
	MetricsNamespace = "METRICS_NAMESPACE"
	// IdleTimeout sets the time after which the SDK retries if an AWS service neither accepts nor
	// sends a byte. The default is 10s for S3 and 4s for the other services.
	IdleTimeout = "SERVICE_SILENCE"
	// AllowLoopback is "true" if upload and callback URLs may lead to http://127.0.0.1. A function
	// in Lambda refuses the value "true".
	AllowLoopback = "ALLOW_LOOPBACK"
	// LambdaInitialization is set only by Lambda itself, so it shows that the program runs in
	// Lambda.
	LambdaInitialization = "AWS_LAMBDA_INITIALIZATION_TYPE"

	Region                 = "AWS_REGION"
	EndpointS3             = "AWS_ENDPOINT_URL_S3"
	EndpointDynamoDB       = "AWS_ENDPOINT_URL_DYNAMODB"
	EndpointSQS            = "AWS_ENDPOINT_URL_SQS"
	EndpointSNS            = "AWS_ENDPOINT_URL_SNS"
	EndpointSecretsManager = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
)

// SmokeProject is the project of the requests with which "masterhand smoke" tests a deployment.
// Nobody waits for their masters.
const SmokeProject = "smoke"
