package config_test

import (
	"reflect"
	"slices"
	"testing"

	"masterhand/shared/config"
	"masterhand/shared/kit/names"
)

// collectWith is an environment that suffices, with changes; "-" takes a value out.
func collectWith(changes map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) {
		value, ok := changes[key]
		if !ok {
			value, ok = map[string]string{
				names.IntakeBucket: "acme-intake", names.CollectQueue: "https://sqs.eu-central-1.amazonaws.com/1/collect",
				names.MastersBucket: "acme-masters", names.LedgerTable: "acme-ledger", names.Region: "eu-central-1",
			}[key]
		}
		return value, ok && value != "-"
	}
}

const topic = "arn:aws:sns:eu-central-1:000000000000:acme-alerts"

func TestLoadCollect(t *testing.T) {
	t.Parallel()
	got, err := config.LoadCollect(collectWith(nil))
	library := config.DefaultLibrary()
	library.Bucket = "acme-masters"
	want := config.Collect{
		IntakeBucket: "acme-intake", CollectQueueURL: "https://sqs.eu-central-1.amazonaws.com/1/collect", MastersBucket: "acme-masters",
		LedgerTable: "acme-ledger", Library: library, MaxBytes: 5 << 30, MaxBuild: 32 << 30,
		MetricsNamespace: "masterhand", Region: "eu-central-1",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = config.LoadCollect(collectWith(map[string]string{
		names.CollectMaxBytes: "1000", names.CollectBuilds: "true", names.CollectMaxBuild: "2000", names.NotifyTopic: topic,
		names.Libraries: `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"b/"}]`, names.CollectLibrary: "b",
		names.AllowLoopback: "true", names.EndpointSNS: "http://127.0.0.1:1/",
	}))
	if err != nil || got.MaxBytes != 1000 || !got.Builds || got.MaxBuild != 2000 || got.Library.Prefix != "b/" || !got.AllowLoopback ||
		got.NotifyTopic != topic || len(got.NotifyOn) != 3 || got.Endpoints.SNS != "http://127.0.0.1:1" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = config.LoadCollect(collectWith(map[string]string{names.NotifyTopic: topic, names.NotifyOn: "job_failed,build_rejected"}))
	if err != nil || !slices.Equal(got.NotifyOn, []string{"job_failed", "build_rejected"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCollectNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for key, values := range map[string][]string{
		names.IntakeBucket:    {"-", "Acme", "acme-masters"},
		names.CollectQueue:    {"-", "collect"},
		names.MastersBucket:   {"-", "s3://acme"},
		names.LedgerTable:     {"-", "a"},
		names.CollectMaxBytes: {"5G", "0", "-1", "999999999999999"},
		names.CollectMaxBuild: {"x"},
		names.CollectBuilds:   {"yes"},
		names.CollectLibrary:  {"other"},
		names.NotifyTopic:     {"acme-alerts", "arn:aws:sqs:eu-central-1:000000000000:x"},
		names.NotifyOn:        {"job_failed"},
		names.Region:          {"-"},
		names.AllowLoopback:   {"yes"},
	} {
		for _, value := range values {
			got, err := config.LoadCollect(collectWith(map[string]string{key: value}))
			if !slices.Equal(keys(t, err), []string{key}) || !reflect.DeepEqual(got, config.Collect{}) {
				t.Errorf("%s=%q: %+v, %v", key, value, got, err)
			}
		}
	}
	for want, changes := range map[string]map[string]string{
		names.NotifyOn:       {names.NotifyTopic: topic, names.NotifyOn: "job_failed,x"},
		names.CollectLibrary: {names.Libraries: `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"b/"}]`},
		names.Libraries:      {names.Libraries: `[]`},
	} {
		if _, err := config.LoadCollect(collectWith(changes)); !slices.Equal(keys(t, err), []string{want}) {
			t.Errorf("%v: %v", changes, err)
		}
	}
}
