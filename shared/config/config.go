// Package config reads what a function is told by its environment: one struct per
// function, loaded from a lookup function, with all problems reported at once.
//
// Invariants: a configuration that loads is usable as it stands, defaults filled in;
// it names the secret and never holds one, so it may be printed; it holds no
// credentials of AWS, which the SDK finds by itself.
//
//	c, err := config.LoadFulfill(os.LookupEnv)
//	if err != nil { log.Fatal(err) } // one line for each problem
package config

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/masters"
)

// Fulfill is the configuration of the function that answers requests for masters.
type Fulfill struct {
	Fulfillment

	DestinationsSecret string // name or ARN of the secret with the destinations, not its content
	// DestinationsMaxAge is how long a loaded list of destinations is used; zero
	// reads it for each event. 60 s unless told.
	DestinationsMaxAge time.Duration
	// DestinationsRecheck is the least time between two reads that signatures
	// without a match cause; zero reads for each of them. 30 s unless told.
	DestinationsRecheck time.Duration
}

// Finish is the configuration of the function that ends what the other hands off. It
// knows no secret: what is in the queue was verified before.
type Finish struct{ Fulfillment }

// Fulfillment is what moving masters takes, whoever asked for it.
type Fulfillment struct {
	MastersBucket string // bucket with the masters
	IndexBucket   string // bucket with the index documents
	LedgerTable   string // DynamoDB table of requests

	FinishQueueURL      string // queue of requests that are handed off
	IndexQueueURL       string // queue of object events, whose length tells whether the index is up to date
	IndexDeadLettersURL string // its dead letters
	// IndexLag is the time within which an upload's event has reached the index
	// queue; zero trusts it to be there at once. 120 s unless told.
	IndexLag time.Duration

	// Lease is how long a run's claim on a request holds unless it is renewed: how long
	// a crashed run keeps others from it. 60 s unless told, at least 1 s.
	Lease time.Duration

	MetricsNamespace string // CloudWatch's; masterhand unless told

	Libraries []masters.Library // at least one, with disjoint prefixes
	// AllowLoopback permits upload and callback URLs on http://127.0.0.1. Never true
	// in Lambda.
	AllowLoopback bool
	Region        string // AWS region, the like of eu-central-1
	Endpoints     Endpoints
}

// Index is the configuration of the function that keeps the index.
type Index struct {
	MastersBucket    string            // bucket with the masters
	IndexBucket      string            // bucket with the index documents
	ReindexQueueURL  string            // queue of what indexing whole libraries takes
	MetricsNamespace string            // CloudWatch's; masterhand unless told
	Libraries        []masters.Library // at least one, with disjoint prefixes
	Region           string            // AWS region, the like of eu-central-1
	Endpoints        Endpoints
}

// Intake is the configuration of the function that takes in what other platforms
// announce.
type Intake struct {
	IntakeBucket    string // bucket for raw events
	CollectQueueURL string // queue of events that were taken in
	IntakeSecret    string // name or ARN of the secret with the senders' tokens, not its content
	// IntakeSecretMaxAge is how long loaded tokens are used; zero reads them for each
	// event. 60 s unless told.
	IntakeSecretMaxAge time.Duration
	// IntakeSecretRecheck is the least time between two reads that requests without a
	// match cause; zero reads for each of them. 30 s unless told.
	IntakeSecretRecheck time.Duration
	Posternity          senders.PosternityConfig // where in its events things stand; zero: the usual places, no files
	MetricsNamespace    string                   // CloudWatch's; masterhand unless told
	Region              string                   // AWS region, the like of eu-central-1
	Endpoints           Endpoints
}

// Endpoints are addresses of services other than AWS's own, without a trailing
// slash; "" is AWS's own. IdleTimeout holds for all of them.
type Endpoints struct {
	S3             string
	DynamoDB       string
	SQS            string
	SNS            string
	SecretsManager string
	// IdleTimeout is how long a service may neither take a byte nor give one before it is
	// asked again; zero: 10 s for S3, 4 s for the others.
	IdleTimeout time.Duration
}

// The defaults of what may be left out.
const (
	defaultSecretMaxAge  = 60 * time.Second
	defaultSecretRecheck = 30 * time.Second
	defaultIndexSettle   = 120 * time.Second
	defaultLease         = 60 * time.Second
)

// LoadFulfill reads Fulfill. The error joins a *Problem for each thing that is wrong.
func LoadFulfill(lookup func(string) (string, bool)) (Fulfill, error) {
	r := reader{lookup: lookup}
	c := Fulfill{
		Fulfillment:         r.fulfillment(),
		DestinationsSecret:  r.need(names.DestinationsSecret, secretID),
		DestinationsMaxAge:  r.duration(names.DestinationsMaxAge, defaultSecretMaxAge),
		DestinationsRecheck: r.duration(names.DestinationsRecheck, defaultSecretRecheck),
	}
	if len(r.problems) > 0 {
		return Fulfill{}, errors.Join(r.problems...)
	}
	return c, nil
}

// LoadFinish reads Finish. The error joins a *Problem for each thing that is wrong.
func LoadFinish(lookup func(string) (string, bool)) (Finish, error) {
	r := reader{lookup: lookup}
	c := Finish{Fulfillment: r.fulfillment()}
	if len(r.problems) > 0 {
		return Finish{}, errors.Join(r.problems...)
	}
	return c, nil
}

func (r *reader) fulfillment() Fulfillment {
	c := Fulfillment{
		LedgerTable:         r.need(names.LedgerTable, table),
		FinishQueueURL:      r.need(names.FinishQueue, queueURL),
		IndexQueueURL:       r.need(names.IndexQueue, queueURL),
		IndexDeadLettersURL: r.need(names.IndexDeadLetters, queueURL),
		IndexLag:            r.duration(names.IndexLag, defaultIndexSettle),
		Lease:               r.lease(),
		MetricsNamespace:    cmp.Or(r.optional(names.MetricsNamespace, namespace), names.MetricNamespace),
		Libraries:           r.libraries(names.Libraries),
		AllowLoopback:       r.allowLoopback(),
		Region:              r.need(names.Region, region),
		Endpoints:           r.endpoints(),
	}
	c.MastersBucket, c.IndexBucket = r.buckets()
	return c
}

// LoadIndex reads Index. The error joins a *Problem for each thing that is wrong.
func LoadIndex(lookup func(string) (string, bool)) (Index, error) {
	r := reader{lookup: lookup}
	c := Index{
		ReindexQueueURL:  r.need(names.ReindexQueue, queueURL),
		MetricsNamespace: cmp.Or(r.optional(names.MetricsNamespace, namespace), names.MetricNamespace),
		Libraries:        r.libraries(names.Libraries),
		Region:           r.need(names.Region, region),
		Endpoints:        r.endpoints(),
	}
	c.MastersBucket, c.IndexBucket = r.buckets()
	if len(r.problems) > 0 {
		return Index{}, errors.Join(r.problems...)
	}
	return c, nil
}

// LoadIntake reads Intake. The error joins a *Problem for each thing that is wrong.
func LoadIntake(lookup func(string) (string, bool)) (Intake, error) {
	r := reader{lookup: lookup}
	c := Intake{
		IntakeBucket:        r.need(names.IntakeBucket, bucket),
		CollectQueueURL:     r.need(names.CollectQueue, queueURL),
		IntakeSecret:        r.need(names.IntakeSecret, intakeSecretID),
		IntakeSecretMaxAge:  r.duration(names.IntakeSecretMaxAge, defaultSecretMaxAge),
		IntakeSecretRecheck: r.duration(names.IntakeSecretRecheck, defaultSecretRecheck),
		Posternity:          r.posternity(),
		MetricsNamespace:    cmp.Or(r.optional(names.MetricsNamespace, namespace), names.MetricNamespace),
		Region:              r.need(names.Region, region),
		Endpoints:           r.endpoints(),
	}
	if len(r.problems) > 0 {
		return Intake{}, errors.Join(r.problems...)
	}
	return c, nil
}

// Problem is one thing wrong with the environment. It does not repeat a value that
// may be a secret in the wrong place.
type Problem struct {
	Key   string // the environment's key, with the element where it holds a list
	Wrong string // what is wrong
	Do    string // what to do about it
}

// Error says all three in a line.
func (p *Problem) Error() string { return fmt.Sprintf("%s: %s; %s", p.Key, p.Wrong, p.Do) }
