// Package names holds the constants that the functions, the stack and the local host share, such
// as the keys of environment variables. So these programs cannot use different names.
package names

// Keys of the functions' environment variables. The endpoint keys are those of the AWS SDKs.
const (
	MastersBucket        = "MASTERS_BUCKET"                 // bucket that holds the masters
	IndexBucket          = "INDEX_BUCKET"                   // bucket that holds the index documents
	LedgerTable          = "LEDGER_TABLE"                   // DynamoDB table of requests
	DestinationsSecret   = "DESTINATIONS_SECRET"            // Secrets Manager id of the destinations' list
	DestinationsMaxAge   = "DESTINATIONS_MAX_AGE"           // how long a loaded list of destinations is used; default 60s
	DestinationsRecheck  = "DESTINATIONS_RECHECK"           // minimum time between reloads after signatures that match no secret; default 30s
	IndexQueue           = "INDEX_QUEUE_URL"                // URL of the queue of object events
	IndexDeadLetters     = "INDEX_DEAD_LETTERS_URL"         // URL of the dead-letter queue of the index queue
	ReindexQueue         = "REINDEX_QUEUE_URL"              // URL of the queue of the batches that index whole libraries
	FinishQueue          = "FINISH_QUEUE_URL"               // URL of the queue of requests that the function fulfill hands off
	Doors                = "DOORS"                          // JSON object: doors other than the function URL, with the destination of each
	DoorQueue            = "DOOR_QUEUE_URL"                 // URL of the queue that the platform sends events to
	DoorBucket           = "DOOR_BUCKET"                    // bucket that the platform stores events in
	DoorEventsQueue      = "DOOR_EVENTS_QUEUE_URL"          // URL of the queue of the door bucket's object events
	Lease                = "LEDGER_LEASE"                   // how long a run holds a request unless it renews its lease; must be the same in all functions; default 60s
	LedgerSpread         = "LEDGER_SPREAD"                  // "true" means: write the ledger's index keys in shards, which older code cannot find
	IntakeBucket         = "INTAKE_BUCKET"                  // bucket that holds the raw events of other platforms
	CollectQueue         = "COLLECT_QUEUE_URL"              // URL of the queue of events that the function intake accepted
	IntakeSecret         = "INTAKE_SECRET"                  // Secrets Manager id of the senders' tokens
	IntakeSecretMaxAge   = "INTAKE_SECRET_MAX_AGE"          // how long loaded tokens are used; default 60s
	IntakeSecretRecheck  = "INTAKE_SECRET_RECHECK"          // minimum time between reloads after webhooks with an unknown token; default 30s
	PosternityFields     = "POSTERNITY_FIELDS"              // JSON object of JSON pointers into Posternity's events; default: no pointers
	CollectMaxBytes      = "COLLECT_MAX_BYTES"              // size limit of an announced file to fetch, in bytes; default 5 GiB
	CollectBuilds        = "COLLECT_BUILDS"                 // "true" means: fetch builds too; default: only record them
	CollectMaxBuild      = "COLLECT_MAX_BUILD_BYTES"        // size limit of a build to fetch, in bytes; default 32 GiB
	CollectLibrary       = "COLLECT_LIBRARY"                // library that receives fetched files; default: the only library
	NotifyTopic          = "NOTIFY_TOPIC"                   // ARN of the SNS topic for senders' alerts; default: no alerts are sent
	NotifyOn             = "NOTIFY_ON"                      // kinds of alerts to send, separated by commas; default: all
	IndexLag             = "INDEX_SETTLE"                   // longest time from an upload until its event is in the queue; default 120s
	Libraries            = "LIBRARIES"                      // JSON list of libraries; default: one library of the whole bucket
	MetricsNamespace     = "METRICS_NAMESPACE"              // CloudWatch namespace of the metrics; default masterhand
	IdleTimeout          = "SERVICE_SILENCE"                // how long an AWS service may neither accept nor send a byte before a retry; default 10s for S3, 4s for the others
	AllowLoopback        = "ALLOW_LOOPBACK"                 // "true" means: upload and callback URLs may lead to http://127.0.0.1; refused in Lambda
	LambdaInitialization = "AWS_LAMBDA_INITIALIZATION_TYPE" // set only by Lambda itself, so it shows that the program runs in Lambda

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
