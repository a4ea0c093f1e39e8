package request

import (
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/secret"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/doors"
	"masterhand/shared/request/ledger"
)

// Settings are the settings of every function that delivers masters.
type Settings struct {
	// The function finish uses only the hosts in the list of destinations, not the secrets.
	DestinationsSecret string // name or ARN of the secret with the destinations, not its content
	// DestinationsMaxAge is how long a loaded list of destinations is used; zero means that the
	// list is read for each event. The default is [secret.DefaultMaxAge].
	DestinationsMaxAge time.Duration
	// A signature that matches no secret causes a new read of the list, unless another such
	// signature caused a read less than DestinationsRecheck ago. So zero means that each of them
	// causes a read. The default is [secret.DefaultRecheck].
	DestinationsRecheck time.Duration

	MastersBucket string // the name of the bucket with the masters
	IndexBucket   string // the name of the bucket with the index documents
	LedgerTable   string // the name of the DynamoDB table of requests

	FinishQueueURL      string // the URL of the queue of requests that are handed off
	IndexQueueURL       string // the URL of the queue of object events; its length shows if the index is up to date
	IndexDeadLettersURL string // the URL of the queue of the dead letters of the queue IndexQueueURL
	// IndexLag is the longest time until an upload's event reaches the index queue; zero means that
	// the event is there at once. The default is 120 s.
	IndexLag time.Duration

	// Lease is how long a run's claim on a request lasts unless the run renews it. For that
	// long a crashed run keeps other runs from its request. The default is [ledger.Lease],
	// the minimum [ledger.MinLease].
	Lease time.Duration

	// If LedgerSpread is true, the ledger's index keys are written in shards. It must stay false
	// while a function with older code still runs, because older code cannot read shards.
	LedgerSpread bool

	MetricsNamespace string // the CloudWatch namespace of the metrics; the default is masterhand

	Libraries []masters.Library // at least one library; no prefix may be the beginning of another
	// AllowLoopback permits upload and callback URLs on http://127.0.0.1. It is never true
	// in Lambda.
	AllowLoopback bool
	Region        string // AWS region such as eu-central-1
	Endpoints     variables.Endpoints
}

// ReceiveSettings are the settings of the function receive, which takes the platform's events from
// a queue, a bucket, or both.
type ReceiveSettings struct {
	Settings
	Doors              doors.Settings // at least one door
	DoorQueueURL       string         // the URL of the queue that the platform sends to; "" if it sends to none
	DoorBucket         string         // the name of the bucket in which the platform stores events; "" if there is none
	DoorEventsQueueURL string         // the URL of the queue of the object events of DoorBucket
}

// defaultIndexLag is longer than S3 takes to report an upload, which AWS states as
// "typically seconds, but can sometimes take a minute or longer".
const defaultIndexLag = 120 * time.Second

// Load reads the settings. The error joins a [*variables.Problem] for each wrong setting.
func Load(lookup variables.Lookup) (Settings, error) { return variables.Load(lookup, read) }

// LoadReceive reads ReceiveSettings. The error joins a [*variables.Problem] for each wrong setting.
func LoadReceive(lookup variables.Lookup) (ReceiveSettings, error) {
	return variables.Load(lookup, func(r *variables.Reader) ReceiveSettings {
		s := ReceiveSettings{Settings: read(r), Doors: readDoors(r)}
		if _, open := s.Doors[doors.Queue]; open {
			s.DoorQueueURL = r.Required(names.DoorQueue, variables.QueueURL)
		}
		if _, open := s.Doors[doors.Bucket]; open {
			s.DoorBucket = r.DistinctBucket(names.DoorBucket, names.MastersBucket, "events are taken for masters")
			s.DoorEventsQueueURL = r.Required(names.DoorEventsQueue, variables.QueueURL)
		}
		return s
	})
}

func readDoors(r *variables.Reader) doors.Settings {
	s, err := doors.ParseSettings(r.Text(names.Doors))
	if err != nil {
		r.Problem(names.Doors, err.Error(), "name a destination for each door")
	}
	return s
}

func read(r *variables.Reader) Settings {
	return Settings{
		DestinationsSecret:  r.Required(names.DestinationsSecret, variables.SecretID("the destinations")),
		DestinationsMaxAge:  r.Duration(names.DestinationsMaxAge, 0, secret.DefaultMaxAge),
		DestinationsRecheck: r.Duration(names.DestinationsRecheck, 0, secret.DefaultRecheck),

		LedgerTable:         r.Required(names.LedgerTable, variables.Table),
		FinishQueueURL:      r.Required(names.FinishQueue, variables.QueueURL),
		IndexQueueURL:       r.Required(names.IndexQueue, variables.QueueURL),
		IndexDeadLettersURL: r.Required(names.IndexDeadLetters, variables.QueueURL),
		IndexLag:            r.Duration(names.IndexLag, 0, defaultIndexLag),
		Lease:               r.Duration(names.Lease, ledger.MinLease, ledger.Lease),
		LedgerSpread:        r.Bool(names.LedgerSpread),
		MetricsNamespace:    r.MetricsNamespace(),
		Libraries:           library.ReadLibraries(r),
		AllowLoopback:       r.AllowLoopback(),
		Region:              r.Required(names.Region, variables.Region),
		Endpoints:           r.Endpoints(),
		MastersBucket:       r.Required(names.MastersBucket, variables.Bucket),
		IndexBucket:         library.ReadIndexBucket(r),
	}
}
