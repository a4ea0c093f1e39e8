package config_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/config"
	"masterhand/shared/kit/names"
)

// intakeWith returns the least environment of intake with changes; "-" leaves a key out.
func intakeWith(changes map[string]string) func(string) (string, bool) {
	env := map[string]string{
		names.IntakeBucket: "acme-intake",
		names.CollectQueue: "https://sqs.eu-central-1.amazonaws.com/123456789012/collect",
		names.IntakeSecret: "masterhand/senders",
		names.Region:       "eu-central-1",
	}
	maps.Copy(env, changes)
	maps.DeleteFunc(env, func(_, v string) bool { return v == "-" })
	return func(key string) (string, bool) { v, ok := env[key]; return v, ok }
}

func TestIntake(t *testing.T) {
	t.Parallel()
	got, err := config.LoadIntake(intakeWith(nil))
	want := config.Intake{
		IntakeBucket: "acme-intake", CollectQueueURL: "https://sqs.eu-central-1.amazonaws.com/123456789012/collect",
		IntakeSecret: "masterhand/senders", IntakeSecretMaxAge: time.Minute, IntakeSecretRecheck: 30 * time.Second,
		MetricsNamespace: "masterhand", Region: "eu-central-1",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = config.LoadIntake(intakeWith(map[string]string{
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
	const token = "token_0123456789abcdef"
	for key, values := range map[string][]string{
		names.IntakeBucket:        {"-", "Acme", "s3://acme"},
		names.CollectQueue:        {"-", "collect"},
		names.IntakeSecret:        {"-", `{"hoox":{"tokens":["` + token + `"]}}`},
		names.IntakeSecretMaxAge:  {"60"},
		names.IntakeSecretRecheck: {"2h"},
		names.MetricsNamespace:    {"a b"},
		names.Region:              {"-"},
		names.EndpointSQS:         {"x"},
		names.PosternityFields:    {"x", "[]", `{"id":"/id"}`, `{"identity":"id"}`, `{}{}`, `{"files":"/x"}`},
	} {
		for _, value := range values {
			got, err := config.LoadIntake(intakeWith(map[string]string{key: value}))
			if !slices.Equal(keys(t, err), []string{key}) || !reflect.DeepEqual(got, config.Intake{}) || strings.Contains(err.Error(), token) {
				t.Errorf("%s=%q: %+v, %v", key, value, got, err)
			}
		}
	}
	none := func(string) (string, bool) { return "", false }
	_, err := config.LoadIntake(none)
	if got, want := keys(t, err), []string{names.IntakeBucket, names.CollectQueue, names.IntakeSecret, names.Region}; !slices.Equal(got, want) {
		t.Errorf("complains of %q, want %q", got, want)
	}
}
