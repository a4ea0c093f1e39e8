package config_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/config"
	"masterhand/shared/kit/names"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// needed is the least environment that loads.
func needed() map[string]string {
	return map[string]string{
		names.MastersBucket:      "acme-masters",
		names.IndexBucket:        "acme-index",
		names.LedgerTable:        "masterhand-ledger",
		names.DestinationsSecret: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:masterhand/destinations-AbCdEf",
		names.FinishQueue:        "https://sqs.eu-central-1.amazonaws.com/123456789012/finish",
		names.ReindexQueue:       "https://sqs.eu-central-1.amazonaws.com/123456789012/reindex",
		names.IndexQueue:         "https://sqs.eu-central-1.amazonaws.com/123456789012/index",
		names.IndexDeadLetters:   "https://sqs.eu-central-1.amazonaws.com/123456789012/index-dead",
		names.Region:             "eu-central-1",
	}
}

// with returns the least environment with changes; "-" leaves a key out.
func with(changes map[string]string) func(string) (string, bool) {
	env := needed()
	maps.Copy(env, changes)
	maps.DeleteFunc(env, func(_, v string) bool { return v == "-" })
	return func(key string) (string, bool) { v, ok := env[key]; return v, ok }
}

// keys returns which keys an error complains of, in order.
func keys(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("%v joins nothing", err)
	}
	var all []string
	for _, e := range joined.Unwrap() {
		var p *config.Problem
		if !errors.As(e, &p) || p.Wrong == "" || p.Do == "" {
			t.Fatalf("%v does not say what is wrong and what to do", e)
		}
		all = append(all, p.Key)
	}
	return all
}

func TestTheLeastEnvironmentLoadsWithDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.LoadFulfill(with(nil))
	if err != nil {
		t.Fatal(err)
	}
	moving := config.Fulfillment{
		MastersBucket:       "acme-masters",
		IndexBucket:         "acme-index",
		LedgerTable:         "masterhand-ledger",
		FinishQueueURL:      needed()[names.FinishQueue],
		IndexQueueURL:       needed()[names.IndexQueue],
		IndexDeadLettersURL: needed()[names.IndexDeadLetters],
		IndexLag:            2 * time.Minute,
		Lease:               time.Minute,
		MetricsNamespace:    "masterhand",
		Libraries:           []masters.Library{{Name: "default", Bucket: "acme-masters", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}},
		Region:              "eu-central-1",
	}
	want := config.Fulfill{
		Fulfillment:         moving,
		DestinationsSecret:  needed()[names.DestinationsSecret],
		DestinationsMaxAge:  time.Minute,
		DestinationsRecheck: 30 * time.Second,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	finish, err := config.LoadFinish(with(nil))
	if err != nil || !reflect.DeepEqual(finish, config.Finish{Fulfillment: moving}) {
		t.Errorf("finish: %+v, %v\nwant %+v", finish, err, moving)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	got, err := config.LoadFulfill(with(map[string]string{
		names.DestinationsMaxAge:     "500ms",
		names.DestinationsRecheck:    "0s",
		names.IndexLag:               "3s",
		names.Lease:                  "1500ms",
		names.MetricsNamespace:       "masterhand/staging",
		names.AllowLoopback:          "true",
		names.EndpointS3:             "http://127.0.0.1:7070",
		names.EndpointDynamoDB:       "http://127.0.0.1:8000/",
		names.EndpointSQS:            "http://localhost:4566",
		names.EndpointSecretsManager: "https://[::1]:1/secrets",
		names.Libraries: `[{"name":"team-a","prefix":"a/","unlabelledLocale":"pt_BR","feedPreference":["1:1"]},
			{"name":"b","prefix":"b/"}]`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got.DestinationsMaxAge != 500*time.Millisecond || got.DestinationsRecheck != 0 || got.IndexLag != 3*time.Second || got.Lease != 1500*time.Millisecond || got.MetricsNamespace != "masterhand/staging" || !got.AllowLoopback {
		t.Errorf("durations or switch: %+v", got)
	}
	if want := (config.Endpoints{
		S3: "http://127.0.0.1:7070", DynamoDB: "http://127.0.0.1:8000", SQS: "http://localhost:4566", SecretsManager: "https://[::1]:1/secrets",
	}); got.Endpoints != want {
		t.Errorf("endpoints %+v, want %+v", got.Endpoints, want)
	}
	want := []masters.Library{
		{Name: "team-a", Bucket: "acme-masters", Prefix: "a/", UnlabelledLocale: "pt-br", FeedPreference: []creative.Aspect{"1x1"}},
		{Name: "b", Bucket: "acme-masters", Prefix: "b/", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}},
	}
	if !reflect.DeepEqual(got.Libraries, want) {
		t.Errorf("libraries %+v, want %+v", got.Libraries, want)
	}
}

func TestEachBadValueIsNamed(t *testing.T) {
	t.Parallel()
	for key, values := range map[string][]string{
		names.MastersBucket:          {"-", "", "Acme", "a", "s3://acme", "acme-masters ", strings.Repeat("a", 64)},
		names.IndexBucket:            {"-", "", "acme/index", "acme-masters"},
		names.LedgerTable:            {"-", "", "ab", "a b c", "table/x"},
		names.DestinationsSecret:     {"-", "", "[]", `[{"secrets":["whsec_0123456789abcdef"]}]`, "whsec_0123456789abcdef"},
		names.DestinationsMaxAge:     {"60", "-1s", "2h", "soon"},
		names.DestinationsRecheck:    {"30", "-1ns", "61m"},
		names.IndexLag:               {"120", "1d"},
		names.MetricsNamespace:       {"a b", "ü"},
		names.Lease:                  {"60", "0s", "999ms", "-2s", "2h"},
		names.IndexQueue:             {"-", "", "index", "arn:aws:sqs:eu-central-1:1:index", "https://u:p@h/q", "https://h/q?x=1"},
		names.IndexDeadLetters:       {"-", "", "sqs://h/q"},
		names.AllowLoopback:          {"yes", "1", "TRUE"},
		names.Region:                 {"-", "", "Frankfurt", "eu-central-1a", "eu-central"},
		names.EndpointS3:             {"127.0.0.1:7070", "ftp://h", "http://u@h", "http://"},
		names.EndpointDynamoDB:       {"x"},
		names.IdleTimeout:            {"soon", "-1s", "2h"},
		names.EndpointSQS:            {"http://h/ x"},
		names.EndpointSecretsManager: {"http://h/#f"},
	} {
		for _, value := range values {
			got, err := config.LoadFulfill(with(map[string]string{key: value}))
			if !slices.Equal(keys(t, err), []string{key}) {
				t.Errorf("%s=%q: %v", key, value, err)
			}
			if !reflect.DeepEqual(got, config.Fulfill{}) {
				t.Errorf("%s=%q: a configuration came back beside the error", key, value)
			}
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	_, err := config.LoadFulfill(none)
	want := []string{
		names.LedgerTable, names.FinishQueue, names.IndexQueue, names.IndexDeadLetters,
		names.Region, names.MastersBucket, names.IndexBucket, names.DestinationsSecret,
	}
	if got := keys(t, err); !slices.Equal(got, want) {
		t.Errorf("fulfill complains of %q, want %q", got, want)
	}
	_, err = config.LoadIndex(none)
	if got, want := keys(t, err), []string{names.ReindexQueue, names.Region, names.MastersBucket, names.IndexBucket}; !slices.Equal(got, want) {
		t.Errorf("index complains of %q, want %q", got, want)
	}
}

func TestIndexNeedsLess(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		names.LedgerTable: "-", names.DestinationsSecret: "-", names.IndexQueue: "-", names.IndexDeadLetters: "-",
		names.Libraries: `[{"name":"a","prefix":"a/"}]`,
	}
	got, err := config.LoadIndex(with(env))
	want := config.Index{
		ReindexQueueURL: needed()[names.ReindexQueue], MetricsNamespace: names.MetricNamespace,
		MastersBucket: "acme-masters", IndexBucket: "acme-index", Region: "eu-central-1",
		Libraries: []masters.Library{{Name: "a", Bucket: "acme-masters", Prefix: "a/", FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("LoadIndex = %+v, %v", got, err)
	}
}

func TestLoopbackIsRefusedInLambda(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{"true": {names.AllowLoopback}, "false": nil, "": nil} {
		got, err := config.LoadFulfill(with(map[string]string{names.AllowLoopback: value, names.LambdaInitialization: "on-demand"}))
		if !slices.Equal(keys(t, err), want) || got.AllowLoopback {
			t.Errorf("%q in Lambda: %v, %v", value, got.AllowLoopback, err)
		}
	}
}

func TestASecretInTheWrongPlaceIsNotRepeated(t *testing.T) {
	t.Parallel()
	const secret = "whsec_0123456789abcdef"
	for key := range needed() {
		lookup := with(map[string]string{key: `[{"secrets":["` + secret + `"]}]`})
		_, err := config.LoadFulfill(lookup)
		if err == nil {
			_, err = config.LoadIndex(lookup)
		}
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func ExampleLoadIndex() {
	env := map[string]string{"MASTERS_BUCKET": "Acme Masters"}
	_, err := config.LoadIndex(func(key string) (string, bool) { v, ok := env[key]; return v, ok })
	fmt.Println(err)
	// Output:
	// REINDEX_QUEUE_URL: missing; set it to the URL of an SQS queue, https://…
	// AWS_REGION: missing; set it to an AWS region, the like of eu-central-1
	// MASTERS_BUCKET: does not fit; set it to the name of an S3 bucket
	// INDEX_BUCKET: missing; set it to the name of an S3 bucket
}
