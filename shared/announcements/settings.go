package announcements

import (
	"slices"
	"strings"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/secret"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library"
	"masterhand/shared/library/masters"
)

// IntakeSettings holds the settings of the function that receives announcements.
type IntakeSettings struct {
	IntakeBucket    string // the bucket in which intake stores the records of events
	CollectQueueURL string // the queue of messages about stored records
	IntakeSecret    string // the name or ARN of the secret with the senders' tokens, not its content
	// IntakeSecretMaxAge is the time for which loaded tokens are used. Zero means that intake reads
	// the secret for each event. The default is [secret.DefaultMaxAge].
	IntakeSecretMaxAge time.Duration
	// IntakeSecretRecheck is the shortest time between two reads of the secret that are caused by
	// requests with unknown tokens. Zero means a read for each such request. The default is
	// [secret.DefaultRecheck].
	IntakeSecretRecheck time.Duration
	// Posternity says where Posternity's events contain each value. By default the values are read
	// from their usual members, and no files are fetched.
	Posternity       senders.PosternityConfig
	MetricsNamespace string // the CloudWatch namespace; the default is masterhand
	Region           string // the AWS region, such as eu-central-1
	Endpoints        variables.Endpoints
}

// CollectSettings holds the settings of the function that fetches announced files.
type CollectSettings struct {
	IntakeBucket    string          // the bucket with the records that intake stored
	CollectQueueURL string          // the queue of messages about stored records
	MastersBucket   string          // the bucket that receives the files
	LedgerTable     string          // the DynamoDB table with the timelines
	Library         masters.Library // the library that receives the files
	MaxBytes        int64           // the largest file that is fetched, in bytes; the default is 5 GiB
	Builds          bool            // reports whether builds (packaged applications) are fetched, not only recorded
	MaxBuild        int64           // the largest build that is fetched, in bytes; the default is 32 GiB
	NotifyTopic     string          // the ARN of the SNS topic for notices; "" means that no notices are sent
	NotifyOn        []string        // the alerts for which notices are sent; by default all, or none without a topic

	// Posternity must equal the value in [IntakeSettings], because both functions interpret events.
	Posternity       senders.PosternityConfig
	MetricsNamespace string // the CloudWatch namespace; the default is masterhand
	// AllowLoopback permits fetching files from http://127.0.0.1. It is never true in Lambda.
	AllowLoopback bool
	Region        string // the AWS region, such as eu-central-1
	Endpoints     variables.Endpoints
}

// The defaults and the limit for file sizes, in bytes. The limit is below 156 GiB, the size of an
// S3 object of 10,000 parts of 16 MiB.
const (
	defaultMaxBytes = 5 << 30
	defaultMaxBuild = 32 << 30
	// MaxFileBytes is the largest value that MaxBytes and MaxBuild may have.
	MaxFileBytes = 150 << 30
)

// LoadIntake reads IntakeSettings. The error joins a [*variables.Problem] for each invalid
// setting.
func LoadIntake(lookup variables.Lookup) (IntakeSettings, error) {
	return variables.Load(lookup, func(r *variables.Reader) IntakeSettings {
		return IntakeSettings{
			IntakeBucket:        r.Required(names.IntakeBucket, variables.Bucket),
			CollectQueueURL:     r.Required(names.CollectQueue, variables.QueueURL),
			IntakeSecret:        r.Required(names.IntakeSecret, variables.SecretID("the senders' tokens")),
			IntakeSecretMaxAge:  r.Duration(names.IntakeSecretMaxAge, 0, secret.DefaultMaxAge),
			IntakeSecretRecheck: r.Duration(names.IntakeSecretRecheck, 0, secret.DefaultRecheck),
			Posternity:          readPosternity(r),
			MetricsNamespace:    r.MetricsNamespace(),
			Region:              r.Required(names.Region, variables.Region),
			Endpoints:           r.Endpoints(),
		}
	})
}

// LoadCollect reads CollectSettings. The error joins a [*variables.Problem] for each invalid
// setting.
func LoadCollect(lookup variables.Lookup) (CollectSettings, error) {
	return variables.Load(lookup, func(r *variables.Reader) CollectSettings {
		return CollectSettings{
			CollectQueueURL:  r.Required(names.CollectQueue, variables.QueueURL),
			MastersBucket:    r.Required(names.MastersBucket, variables.Bucket),
			IntakeBucket:     r.DistinctBucket(names.IntakeBucket, names.MastersBucket, "events are taken for masters"),
			LedgerTable:      r.Required(names.LedgerTable, variables.Table),
			Library:          readCollectLibrary(r),
			MaxBytes:         r.Bytes(names.CollectMaxBytes, MaxFileBytes, defaultMaxBytes),
			Builds:           r.Bool(names.CollectBuilds),
			MaxBuild:         r.Bytes(names.CollectMaxBuild, MaxFileBytes, defaultMaxBuild),
			NotifyTopic:      r.Optional(names.NotifyTopic, variables.Topic),
			NotifyOn:         readNotifyOn(r),
			Posternity:       readPosternity(r),
			MetricsNamespace: r.MetricsNamespace(),
			AllowLoopback:    r.AllowLoopback(),
			Region:           r.Required(names.Region, variables.Region),
			Endpoints:        r.Endpoints(),
		}
	})
}

// readCollectLibrary returns the library that the settings name, or the only library.
func readCollectLibrary(r *variables.Reader) masters.Library {
	libraries, name := library.ReadLibraries(r), r.Text(names.CollectLibrary)
	if name == "" && len(libraries) == 1 {
		return libraries[0]
	}
	found, known := masters.Named(libraries, name)
	switch {
	// No problem is added here: either the library is known, or ReadLibraries has already reported
	// why there are no libraries.
	case known, len(libraries) == 0:
	case name == "":
		r.Problem(names.CollectLibrary, "missing where there are several libraries", "set it to the name of the one that fetched files are put in")
	default:
		r.Problem(names.CollectLibrary, "no library of that name", "set it to the name of a library")
	}
	return found
}

// Alerts returns all alerts for which notices can be sent.
func Alerts() []string {
	return []string{senders.AlertBuildRejected, senders.AlertForeignCode, senders.AlertJobFailed, senders.AlertNoFile, senders.AlertScreenshotFailed}
}

// readNotifyOn reads the setting that lists the alerts for which notices are sent.
func readNotifyOn(r *variables.Reader) []string {
	topic, text := r.Text(names.NotifyTopic), r.Text(names.NotifyOn)
	switch {
	case text == "" && topic == "":
		return nil
	case text == "":
		return Alerts()
	case topic == "":
		r.Problem(names.NotifyOn, "set without "+names.NotifyTopic, "set that too, or leave this out")
	}
	alerts := strings.Split(text, ",")
	if slices.ContainsFunc(alerts, func(alert string) bool { return !slices.Contains(Alerts(), alert) }) {
		r.Problem(names.NotifyOn, "names an unknown alert", "set it to some of "+strings.Join(Alerts(), ",")+", or leave it out for all")
		return nil
	}
	return alerts
}
