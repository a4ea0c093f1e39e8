package variables_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/kit/variables/variablestest"
)

// settings holds one value of each kind.
type settings struct {
	Bucket, Table, Region, Topic, Queue, Secret, Text, Namespace string
	Endpoints                                                    variables.Endpoints
	Delay                                                        time.Duration
	Size                                                         int64
	Loopback                                                     bool
}

func load(lookup variables.Lookup) (settings, error) {
	return variables.Load(lookup, func(r *variables.Reader) settings {
		return settings{
			Bucket: r.DistinctBucket("BUCKET", "OTHER", "they mix"), Table: r.Required("TABLE", variables.Table),
			Region: r.Required("REGION", variables.Region), Topic: r.Optional("TOPIC", variables.Topic),
			Queue: r.Optional("QUEUE", variables.QueueURL), Secret: r.Optional("SECRET", variables.SecretID("the tokens")),
			Text: r.Text("TEXT"), Namespace: r.MetricsNamespace(), Endpoints: r.Endpoints(),
			Delay: r.Duration("DELAY", time.Second, time.Minute), Size: r.Bytes("SIZE", 100, 50), Loopback: r.AllowLoopback(),
		}
	})
}

var least = map[string]string{"BUCKET": "masters", "TABLE": "ledger", "REGION": "eu-central-1"}

func TestVariablesThatAreNotSetHaveDefaults(t *testing.T) {
	t.Parallel()
	got, err := load(variablestest.Environment(least, nil))
	want := settings{
		Bucket: "masters", Table: "ledger", Region: "eu-central-1", Namespace: names.MetricNamespace, Delay: time.Minute, Size: 50,
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestSetVariablesOverrideTheDefaults(t *testing.T) {
	t.Parallel()
	const topic, queue = "arn:aws:sns:eu-central-1:123456789012:alerts", "https://sqs.eu-central-1.amazonaws.com/123456789012/q"
	got, err := load(variablestest.Environment(least, map[string]string{
		"OTHER": "index", "TOPIC": topic, "QUEUE": queue, "SECRET": "masterhand/tokens", "TEXT": " as it is ", "DELAY": "1h", "SIZE": "100",
		names.MetricsNamespace: "masterhand/production", names.AllowLoopback: "true", names.IdleTimeout: "3s",
		names.EndpointS3: "http://127.0.0.1:4566/", names.EndpointSNS: "http://localhost",
	}))
	want := settings{
		Bucket: "masters", Table: "ledger", Region: "eu-central-1", Topic: topic, Queue: queue, Secret: "masterhand/tokens",
		Text: " as it is ", Namespace: "masterhand/production", Delay: time.Hour, Size: 100, Loopback: true,
		Endpoints: variables.Endpoints{S3: "http://127.0.0.1:4566", SNS: "http://localhost", IdleTimeout: 3 * time.Second},
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// The kinds must accept the longest names of AWS's resources, and ARNs of AWS's other partitions.
func TestUnusualNamesAreAccepted(t *testing.T) {
	t.Parallel()
	for _, other := range []map[string]string{
		{"BUCKET": strings.Repeat("m", 63)}, {"BUCKET": "a.b-9"}, {"TABLE": "A_9"}, {"TABLE": strings.Repeat("t", 255)},
		{"REGION": "us-gov-west-1"}, {"REGION": "cn-north-12"}, {names.MetricsNamespace: strings.Repeat("n", 255)},
		{"TOPIC": "arn:aws-cn:sns:cn-north-1:123456789012:" + strings.Repeat("a", 256)},
		{"SECRET": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:masterhand/tokens-AbCdEf"},
	} {
		if _, err := load(variablestest.Environment(least, other)); err != nil {
			t.Errorf("%q: %v", other, err)
		}
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	base := map[string]string{"OTHER": "index", names.LambdaInitialization: "on-demand"}
	for key, value := range least {
		base[key] = value
	}
	variablestest.Refuses(t, load, base, map[string][]string{
		"BUCKET": {"-", "", "Masters", "ab", "index", "-masters", "masters.", strings.Repeat("m", 64)},
		"TABLE":  {"-", "ab", "a table", strings.Repeat("t", 256)},
		"REGION": {"-", "europe", "eu-central", "eu-1", "e-central-1", "eu-central-123", "eu--1", "EU-central-1"},
		"TOPIC": {
			"alerts", "arn:aws:sqs:eu-central-1:123456789012:q", "arn:aws:sns:eu-central-1:12345678901:a", "arn:aws:sns:eu-central-1:123456789012:",
			"arn:aws:sns::123456789012:a", "arn:a:sns:eu-central-1:123456789012:a", "arn:aws:sns:eu-central-1:123456789012:" + strings.Repeat("a", 257),
		},
		"QUEUE":  {"q", "ftp://h/q", "https://u@h/q", "https://h/q?k=" + variablestest.Secret},
		"SECRET": {variablestest.Secret, "a b"}, "DELAY": {"1", "999ms", "1h1s"}, "SIZE": {"x", "0", "101"},
		names.MetricsNamespace: {"a b", strings.Repeat("n", 256)}, names.AllowLoopback: {"yes", "true"}, names.EndpointSQS: {"127.0.0.1:4566"}, names.IdleTimeout: {"-1s"},
	})
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load(variablestest.Environment(nil, map[string]string{"SIZE": "x"}))
	var lines []string
	for _, p := range variables.Problems(err) {
		lines = append(lines, p.Error())
	}
	want := strings.Join([]string{
		"BUCKET: missing; set it to the name of an S3 bucket", "TABLE: missing; set it to the name of a DynamoDB table",
		"REGION: missing; set it to an AWS region such as eu-central-1",
		"SIZE: not a number of bytes from 1 to 100; set it to a number such as 50, or leave it out for that default",
	}, "\n")
	if got := strings.Join(lines, "\n"); got != want || err.Error() != want {
		t.Errorf("problems:\n%s\nerror:\n%v\nwant:\n%s", got, err, want)
	}
	if variables.Problems(errors.New("another")) != nil || variables.Problems(nil) != nil {
		t.Error("errors of others are taken for problems")
	}
}
