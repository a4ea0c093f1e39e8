package config

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/masters"
)

// Collect is the configuration of the function that fetches what other platforms
// announce.
type Collect struct {
	IntakeBucket    string          // bucket with the raw events
	CollectQueueURL string          // queue of events that were taken in
	MastersBucket   string          // bucket that files are put in
	LedgerTable     string          // DynamoDB table that timelines are kept in
	Library         masters.Library // the part of the masters bucket that files are put in
	MaxBytes        int64           // largest file that is fetched; 5 GiB unless told
	Builds          bool            // fetch builds too, which are only noted otherwise
	MaxBuild        int64           // largest build that is fetched, in bytes; 32 GiB unless told
	NotifyTopic     string          // ARN of the SNS topic for the senders' alerts; "": nobody is told
	NotifyOn        []string        // which alerts; all unless told, none without a topic

	Posternity       senders.PosternityConfig // as of Intake: both must read events alike
	MetricsNamespace string                   // CloudWatch's; masterhand unless told
	// AllowLoopback permits files on http://127.0.0.1. Never true in Lambda.
	AllowLoopback bool
	Region        string // AWS region, the like of eu-central-1
	Endpoints     Endpoints
}

// The defaults and the bound of sizes: an object of S3 that was put in 10,000 parts of
// 16 MiB holds 160 GB.
const (
	defaultMaxBytes = 5 << 30
	defaultMaxBuild = 32 << 30
	mostBytes       = 150 << 30
)

// LoadCollect reads Collect. The error joins a *Problem for each thing that is wrong.
func LoadCollect(lookup func(string) (string, bool)) (Collect, error) {
	r := reader{lookup: lookup}
	c := Collect{
		IntakeBucket:     r.need(names.IntakeBucket, bucket),
		CollectQueueURL:  r.need(names.CollectQueue, queueURL),
		MastersBucket:    r.need(names.MastersBucket, bucket),
		LedgerTable:      r.need(names.LedgerTable, table),
		Library:          r.collectLibrary(),
		MaxBytes:         r.bytes(names.CollectMaxBytes, defaultMaxBytes),
		Builds:           r.isTrue(names.CollectBuilds),
		MaxBuild:         r.bytes(names.CollectMaxBuild, defaultMaxBuild),
		NotifyTopic:      r.optional(names.NotifyTopic, topic),
		NotifyOn:         r.notifyOn(),
		Posternity:       r.posternity(),
		MetricsNamespace: cmp.Or(r.optional(names.MetricsNamespace, namespace), names.MetricNamespace),
		AllowLoopback:    r.allowLoopback(),
		Region:           r.need(names.Region, region),
		Endpoints:        r.endpoints(),
	}
	if c.IntakeBucket != "" && c.IntakeBucket == c.MastersBucket {
		r.problem(names.IntakeBucket, "the same bucket as "+names.MastersBucket, "set it to another, or events are taken for masters")
	}
	if len(r.problems) > 0 {
		return Collect{}, errors.Join(r.problems...)
	}
	return c, nil
}

// collectLibrary returns the library that is named, or the only one.
func (r *reader) collectLibrary() masters.Library {
	libraries := r.libraries(names.Libraries)
	name, _ := r.lookup(names.CollectLibrary)
	for _, library := range libraries {
		if library.Name == name || name == "" && len(libraries) == 1 {
			return library
		}
	}
	switch {
	case len(libraries) == 0: // which is a problem already
	case name == "":
		r.problem(names.CollectLibrary, "missing where there are several libraries", "set it to the name of the one that fetched files are put in")
	default:
		r.problem(names.CollectLibrary, "no library of that name", "set it to one of "+names.Libraries)
	}
	return masters.Library{}
}

func (r *reader) bytes(key string, otherwise int64) int64 {
	text, _ := r.lookup(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > mostBytes {
		r.problem(key, "no number of bytes from 1 to "+strconv.FormatInt(mostBytes, 10),
			"set it to the like of "+strconv.FormatInt(otherwise, 10)+", or leave it out for that")
	}
	return n
}

func (r *reader) isTrue(key string) bool {
	text, _ := r.lookup(key)
	if text != "" && text != "true" && text != "false" {
		r.problem(key, "neither true nor false", "set it to true, or leave it out")
	}
	return text == "true"
}

// notifyOn returns the alerts that are told.
func (r *reader) notifyOn() []string {
	all := []string{senders.AlertBuildRejected, senders.AlertJobFailed, senders.AlertScreenshotFailed}
	to, _ := r.lookup(names.NotifyTopic)
	text, _ := r.lookup(names.NotifyOn)
	switch {
	case text == "" && to == "":
		return nil
	case text == "":
		return all
	case to == "":
		r.problem(names.NotifyOn, "set without "+names.NotifyTopic, "set that too, or leave this out")
	}
	alerts := strings.Split(text, ",")
	for _, alert := range alerts {
		if !slices.Contains(all, alert) {
			r.problem(names.NotifyOn, "names an alert that there is not", "set it to some of "+strings.Join(all, ",")+", or leave it out for all")
			return nil
		}
	}
	return alerts
}
