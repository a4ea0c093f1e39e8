// Package names holds the constants that the functions share with what deploys
// them: the environment's keys. Stack, local host and code cannot disagree about one.
package names

// The environment of the functions. The endpoint keys are the AWS SDKs' own.
const (
	MastersBucket        = "MASTERS_BUCKET"                 // bucket that holds the masters
	IndexBucket          = "INDEX_BUCKET"                   // bucket that holds the index documents
	LedgerTable          = "LEDGER_TABLE"                   // DynamoDB table of requests
	DestinationsSecret   = "DESTINATIONS_SECRET"            // Secrets Manager id of the destinations' list
	DestinationsMaxAge   = "DESTINATIONS_MAX_AGE"           // how long a loaded list is used; default 60s
	DestinationsRecheck  = "DESTINATIONS_RECHECK"           // least time between reloads that a mismatch causes; default 30s
	IndexQueue           = "INDEX_QUEUE_URL"                // queue of object events
	IndexDeadLetters     = "INDEX_DEAD_LETTERS_URL"         // its dead letters
	ReindexQueue         = "REINDEX_QUEUE_URL"              // queue of what indexing whole libraries takes
	FinishQueue          = "FINISH_QUEUE_URL"               // queue of requests that fulfill hands off
	Doors                = "DOORS"                          // JSON object of the doors beside the URL, and the destination of each
	DoorQueue            = "DOOR_QUEUE_URL"                 // queue that the platform sends to
	DoorBucket           = "DOOR_BUCKET"                    // bucket that the platform puts events in
	DoorEventsQueue      = "DOOR_EVENTS_QUEUE_URL"          // queue of that bucket's object events
	Lease                = "LEDGER_LEASE"                   // how long a run's claim on a request holds unless renewed, the same for all functions; default 60s
	LedgerSpread         = "LEDGER_SPREAD"                  // "true": write the ledger's index keys in shards, which code before shards does not find
	IntakeBucket         = "INTAKE_BUCKET"                  // bucket that holds raw events of other platforms
	CollectQueue         = "COLLECT_QUEUE_URL"              // queue of events that intake took in
	IntakeSecret         = "INTAKE_SECRET"                  // Secrets Manager id of the senders' tokens
	IntakeSecretMaxAge   = "INTAKE_SECRET_MAX_AGE"          // how long loaded tokens are used; default 60s
	IntakeSecretRecheck  = "INTAKE_SECRET_RECHECK"          // least time between reloads that a mismatch causes; default 30s
	PosternityFields     = "POSTERNITY_FIELDS"              // JSON object of JSON pointers into Posternity's events; default: none
	CollectMaxBytes      = "COLLECT_MAX_BYTES"              // largest announced file that is fetched; default 5 GiB
	CollectBuilds        = "COLLECT_BUILDS"                 // "true": fetch builds too; default: only note them
	CollectMaxBuild      = "COLLECT_MAX_BUILD_BYTES"        // largest build that is fetched; default 32 GiB
	CollectLibrary       = "COLLECT_LIBRARY"                // name of the library that fetched files are put in; default: the only one
	NotifyTopic          = "NOTIFY_TOPIC"                   // ARN of the SNS topic that alerts of senders go to; default: nobody is told
	NotifyOn             = "NOTIFY_ON"                      // which of them, by commas; default: all
	IndexLag             = "INDEX_SETTLE"                   // within this time of an upload its event has reached the queue; default 120s
	Libraries            = "LIBRARIES"                      // JSON list of libraries; default: the whole bucket
	MetricsNamespace     = "METRICS_NAMESPACE"              // CloudWatch namespace of the metrics; default masterhand
	IdleTimeout          = "SERVICE_SILENCE"                // how long AWS's services may be silent before they are asked again; default 10s for S3, 4s for the others
	AllowLoopback        = "ALLOW_LOOPBACK"                 // "true": upload and callback URLs may be http://127.0.0.1; refused in Lambda
	LambdaInitialization = "AWS_LAMBDA_INITIALIZATION_TYPE" // set by Lambda itself, and only by it

	Region                 = "AWS_REGION"
	EndpointS3             = "AWS_ENDPOINT_URL_S3"
	EndpointDynamoDB       = "AWS_ENDPOINT_URL_DYNAMODB"
	EndpointSQS            = "AWS_ENDPOINT_URL_SQS"
	EndpointSNS            = "AWS_ENDPOINT_URL_SNS"
	EndpointSecretsManager = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
)

// SmokeProject is the project of the requests by which "masterhand smoke" tries a deployment.
// Nobody waits for their masters.
const SmokeProject = "smoke"
