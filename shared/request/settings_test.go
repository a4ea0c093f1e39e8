package request_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/kit/variables/variablestest"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/placement"
	"masterhand/shared/request"
	"masterhand/shared/request/doors"
)

// needed returns the smallest environment that Load accepts.
func needed() map[string]string {
	return map[string]string{
		names.MastersBucket:      "acme-masters",
		names.IndexBucket:        "acme-index",
		names.LedgerTable:        "masterhand-ledger",
		names.DestinationsSecret: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:masterhand/destinations-AbCdEf",
		names.FinishQueue:        "https://sqs.eu-central-1.amazonaws.com/123456789012/finish",
		names.IndexQueue:         "https://sqs.eu-central-1.amazonaws.com/123456789012/index",
		names.IndexDeadLetters:   "https://sqs.eu-central-1.amazonaws.com/123456789012/index-dead",
		names.Region:             "eu-central-1",
	}
}

func with(changes map[string]string) variables.Lookup {
	return variablestest.Environment(needed(), changes)
}

func TestTheSmallestEnvironmentLoadsWithDefaults(t *testing.T) {
	t.Parallel()
	got, err := request.Load(with(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := request.Settings{
		DestinationsSecret:  needed()[names.DestinationsSecret],
		DestinationsMaxAge:  time.Minute,
		DestinationsRecheck: 30 * time.Second,
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
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	got, err := request.Load(with(map[string]string{
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
	if want := (variables.Endpoints{
		S3: "http://127.0.0.1:7070", DynamoDB: "http://127.0.0.1:8000", SQS: "http://localhost:4566", SecretsManager: "https://[::1]:1/secrets",
	}); got.Endpoints != want {
		t.Errorf("endpoints %+v, want %+v", got.Endpoints, want)
	}
	want := []masters.Library{
		{Name: "team-a", Bucket: "acme-masters", Rules: placement.Rules{Prefix: "a/"}, UnlabelledLocale: "pt-br", FeedPreference: []creative.Aspect{"1x1"}},
		{Name: "b", Bucket: "acme-masters", Rules: placement.Rules{Prefix: "b/"}, FeedPreference: []creative.Aspect{"4x5", "1x1", "3x4"}},
	}
	if !reflect.DeepEqual(got.Libraries, want) {
		t.Errorf("libraries %+v, want %+v", got.Libraries, want)
	}
}

func TestTimesMayBeZero(t *testing.T) {
	t.Parallel()
	got, err := request.Load(with(map[string]string{names.DestinationsMaxAge: "0s", names.DestinationsRecheck: "0s", names.IndexLag: "0s"}))
	if err != nil || got.DestinationsMaxAge != 0 || got.DestinationsRecheck != 0 || got.IndexLag != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEachBadValueIsNamed(t *testing.T) {
	t.Parallel()
	variablestest.Refuses(t, request.Load, needed(), map[string][]string{
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
	})
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	none := func(string) (string, bool) { return "", false }
	_, err := request.Load(none)
	want := []string{
		names.DestinationsSecret, names.LedgerTable, names.FinishQueue, names.IndexQueue, names.IndexDeadLetters,
		names.Region, names.MastersBucket, names.IndexBucket,
	}
	if got := variablestest.Keys(t, err); !slices.Equal(got, want) {
		t.Errorf("fulfill complains of %q, want %q", got, want)
	}
}

func TestLoopbackIsRefusedInLambda(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{"true": {names.AllowLoopback}, "false": nil, "": nil} {
		got, err := request.Load(with(map[string]string{names.AllowLoopback: value, names.LambdaInitialization: "on-demand"}))
		if !slices.Equal(variablestest.Keys(t, err), want) || got.AllowLoopback {
			t.Errorf("%q in Lambda: %v, %v", value, got.AllowLoopback, err)
		}
	}
}

func TestASecretInTheWrongPlaceIsNotRepeated(t *testing.T) {
	t.Parallel()
	for key := range needed() {
		_, err := request.Load(with(map[string]string{key: `[{"secrets":["` + variablestest.Secret + `"]}]`}))
		if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), variablestest.Secret) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// doorsNeeded returns the smallest environment with which the function receive can take events from
// a queue and from a bucket.
func doorsNeeded() map[string]string {
	all := needed()
	all[names.Doors] = `{"queue":{"destination":"ads"},"bucket":{"destination":"team 2"}}`
	all[names.DoorQueue] = "https://sqs.eu-central-1.amazonaws.com/123456789012/door"
	all[names.DoorBucket] = "acme-events"
	all[names.DoorEventsQueue] = "https://sqs.eu-central-1.amazonaws.com/123456789012/door-events"
	return all
}

func TestTheDoorsAreRead(t *testing.T) {
	t.Parallel()
	all := doorsNeeded()
	got, err := request.LoadReceive(variablestest.Environment(all, nil))
	if err != nil || got.DoorQueueURL != all[names.DoorQueue] || got.DoorBucket != "acme-events" || got.DoorEventsQueueURL != all[names.DoorEventsQueue] ||
		got.Doors[doors.Queue].Destination != "ads" || got.Doors[doors.Bucket].Destination != "team 2" || got.DestinationsSecret != all[names.DestinationsSecret] {
		t.Errorf("%+v, %v", got, err)
	}
	one, err := request.LoadReceive(variablestest.Environment(needed(), map[string]string{
		names.Doors: `{"queue":{"destination":"ads"}}`, names.DoorQueue: all[names.DoorQueue],
	}))
	if err != nil || one.DoorBucket != "" || one.DoorEventsQueueURL != "" {
		t.Errorf("the queue alone: %+v, %v", one, err)
	}
	variablestest.Refuses(t, request.LoadReceive, doorsNeeded(), map[string][]string{
		names.Doors:           {"-", "", "queue", `{}`, `{"queue":{}}`},
		names.DoorQueue:       {"-", "", "door", "arn:aws:sqs:eu-central-1:1:door"},
		names.DoorBucket:      {"-", "", "Acme", "acme-masters"},
		names.DoorEventsQueue: {"-", "", "door-events"},
	})
}
