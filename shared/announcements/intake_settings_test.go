package announcements_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"masterhand/shared/announcements"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/kit/variables/variablestest"
)

// intakeNeeds returns the environment variables that the intake function requires, with valid
// values.
func intakeNeeds() map[string]string {
	return map[string]string{
		names.IntakeBucket: "acme-intake",
		names.CollectQueue: "https://sqs.eu-central-1.amazonaws.com/123456789012/collect",
		names.IntakeSecret: "masterhand/senders",
		names.Region:       "eu-central-1",
	}
}

func intakeWith(changes map[string]string) variables.Lookup {
	return variablestest.Environment(intakeNeeds(), changes)
}

func TestIntake(t *testing.T) {
	t.Parallel()
	got, err := announcements.LoadIntake(intakeWith(nil))
	want := announcements.IntakeSettings{
		IntakeBucket: "acme-intake", CollectQueueURL: "https://sqs.eu-central-1.amazonaws.com/123456789012/collect",
		IntakeSecret: "masterhand/senders", IntakeSecretMaxAge: time.Minute, IntakeSecretRecheck: 30 * time.Second,
		MetricsNamespace: "masterhand", Region: "eu-central-1",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = announcements.LoadIntake(intakeWith(map[string]string{
		names.IntakeSecretMaxAge: "0s", names.IntakeSecretRecheck: "1s", names.MetricsNamespace: "masterhand/x", names.EndpointS3: "http://127.0.0.1:1/",
		names.PosternityFields: `{"identity":"/id","files":["/data/*/url"]}`,
	}))
	want.IntakeSecretMaxAge, want.IntakeSecretRecheck, want.MetricsNamespace = 0, time.Second, "masterhand/x"
	want.Endpoints.S3 = "http://127.0.0.1:1"
	want.Posternity = senders.PosternityConfig{Identity: "/id", Files: []string{"/data/*/url"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestIntakeNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	variablestest.Refuses(t, announcements.LoadIntake, intakeNeeds(), map[string][]string{
		names.IntakeBucket:        {"-", "Acme", "s3://acme"},
		names.CollectQueue:        {"-", "collect"},
		names.IntakeSecret:        {"-", `{"hoox":{"tokens":["` + variablestest.Secret + `"]}}`},
		names.IntakeSecretMaxAge:  {"60"},
		names.IntakeSecretRecheck: {"2h"},
		names.MetricsNamespace:    {"a b"},
		names.Region:              {"-"},
		names.EndpointSQS:         {"x"},
		names.PosternityFields:    {"x", "[]", `{"id":"/id"}`, `{"identity":"id"}`, `{}{}`, `{"files":"/x"}`},
	})
	none := func(string) (string, bool) { return "", false }
	_, err := announcements.LoadIntake(none)
	if got, want := variablestest.Keys(t, err), []string{names.IntakeBucket, names.CollectQueue, names.IntakeSecret, names.Region}; !slices.Equal(got, want) {
		t.Errorf("complains of %q, want %q", got, want)
	}
}
