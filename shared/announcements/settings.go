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

// IntakeSettings are the settings of the function that takes in announcements.
type IntakeSettings struct {
	IntakeBucket    string // bucket for raw events
	CollectQueueURL string // queue of events that were taken in
	IntakeSecret    string // name or ARN of the secret with the senders' tokens, not its content
	// IntakeSecretMaxAge is how long loaded tokens are used; zero reads them for each
	// event. The default is [secret.DefaultMaxAge].
	IntakeSecretMaxAge time.Duration
	// IntakeSecretRecheck is the least time between two reads that requests without a
	// match cause; zero reads for each of them. The default is [secret.DefaultRecheck].
	IntakeSecretRecheck time.Duration
	Posternity          senders.PosternityConfig // where Posternity's events hold each value; zero: the usual places, no files
	MetricsNamespace    string                   // CloudWatch namespace; the default is masterhand
	Region              string                   // AWS region such as eu-central-1
	Endpoints           variables.Endpoints
}

// CollectSettings are the settings of the function that fetches announced files.
type CollectSettings struct {
	IntakeBucket    string          // bucket with the raw events
	CollectQueueURL string          // queue of events that were taken in
	MastersBucket   string          // bucket that files are put in
	LedgerTable     string          // DynamoDB table that holds the timelines
	Library         masters.Library // the part of the masters bucket that files are put in
	MaxBytes        int64           // largest file that is fetched, in bytes; the default is 5 GiB
	Builds          bool            // whether builds are fetched; otherwise they are only recorded
	MaxBuild        int64           // largest build that is fetched, in bytes; the default is 32 GiB
	NotifyTopic     string          // ARN of the SNS topic for the senders' alerts; "": no alerts are sent
	NotifyOn        []string        // the alerts to send; the default is all, and none without a topic

	Posternity       senders.PosternityConfig // as in [IntakeSettings]: both functions must read events alike
	MetricsNamespace string                   // CloudWatch namespace; the default is masterhand
	// AllowLoopback permits files on http://127.0.0.1. It is never true in Lambda.
	AllowLoopback bool
	Region        string // AWS region such as eu-central-1
	Endpoints     variables.Endpoints
}

// The defaults and the limit of sizes, in bytes. An S3 object that is put in 10,000 parts
// of 16 MiB holds 160 GB.
const (
	defaultMaxBytes = 5 << 30
	defaultMaxBuild = 32 << 30
	// MaxFileBytes is the largest file that can be set as a limit.
	MaxFileBytes = 150 << 30
)

// LoadIntake reads IntakeSettings. The error joins a [*variables.Problem] for each thing
// that is wrong.
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

// LoadCollect reads CollectSettings. The error joins a [*variables.Problem] for each thing
// that is wrong.
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

// readCollectLibrary returns the library that is named, or the only one.
func readCollectLibrary(r *variables.Reader) masters.Library {
	libraries, name := library.ReadLibraries(r), r.Text(names.CollectLibrary)
	if name == "" && len(libraries) == 1 {
		return libraries[0]
	}
	found, known := masters.Named(libraries, name)
	switch {
	case known, len(libraries) == 0: // ReadLibraries has reported the problem
	case name == "":
		r.Problem(names.CollectLibrary, "missing where there are several libraries", "set it to the name of the one that fetched files are put in")
	default:
		r.Problem(names.CollectLibrary, "no library of that name", "set it to the name of a library")
	}
	return found
}

// Alerts are the senders' alerts that can be sent to the topic.
func Alerts() []string {
	return []string{senders.AlertBuildRejected, senders.AlertForeignCode, senders.AlertJobFailed, senders.AlertNoFile, senders.AlertScreenshotFailed}
}

// readNotifyOn returns the alerts that are sent.
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
