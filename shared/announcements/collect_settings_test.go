package announcements_test

import (
	"reflect"
	"slices"
	"testing"

	"masterhand/shared/announcements"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/kit/variables/variablestest"
	"masterhand/shared/library"
)

// collectNeeds returns the environment variables that the collect function requires, with valid
// values.
func collectNeeds() map[string]string {
	return map[string]string{
		names.IntakeBucket: "acme-intake", names.CollectQueue: "https://sqs.eu-central-1.amazonaws.com/1/collect",
		names.MastersBucket: "acme-masters", names.LedgerTable: "acme-ledger", names.Region: "eu-central-1",
	}
}

func collectWith(changes map[string]string) variables.Lookup {
	return variablestest.Environment(collectNeeds(), changes)
}

const topic = "arn:aws:sns:eu-central-1:000000000000:acme-alerts"

func TestLoadCollect(t *testing.T) {
	t.Parallel()
	got, err := announcements.LoadCollect(collectWith(nil))
	whole := library.Default()
	whole.Bucket = "acme-masters"
	want := announcements.CollectSettings{
		IntakeBucket: "acme-intake", CollectQueueURL: "https://sqs.eu-central-1.amazonaws.com/1/collect", MastersBucket: "acme-masters",
		LedgerTable: "acme-ledger", Library: whole, MaxBytes: 5 << 30, MaxBuild: 32 << 30,
		MetricsNamespace: "masterhand", Region: "eu-central-1",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = announcements.LoadCollect(collectWith(map[string]string{
		names.CollectMaxBytes: "1000", names.CollectBuilds: "true", names.CollectMaxBuild: "2000", names.NotifyTopic: topic,
		names.Libraries: `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"b/"}]`, names.CollectLibrary: "b",
		names.AllowLoopback: "true", names.EndpointSNS: "http://127.0.0.1:1/",
	}))
	if err != nil || got.MaxBytes != 1000 || !got.Builds || got.MaxBuild != 2000 || got.Library.Prefix != "b/" || !got.AllowLoopback ||
		got.NotifyTopic != topic || len(got.NotifyOn) != 5 || got.Endpoints.SNS != "http://127.0.0.1:1" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = announcements.LoadCollect(collectWith(map[string]string{names.NotifyTopic: topic, names.NotifyOn: "job_failed,build_rejected"}))
	if err != nil || !slices.Equal(got.NotifyOn, []string{"job_failed", "build_rejected"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCollectNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	variablestest.Refuses(t, announcements.LoadCollect, collectNeeds(), map[string][]string{
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
	})
	for want, changes := range map[string]map[string]string{
		names.NotifyOn:       {names.NotifyTopic: topic, names.NotifyOn: "job_failed,x"},
		names.CollectLibrary: {names.Libraries: `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"b/"}]`},
		names.Libraries:      {names.Libraries: `[]`},
	} {
		if _, err := announcements.LoadCollect(collectWith(changes)); !slices.Equal(variablestest.Keys(t, err), []string{want}) {
			t.Errorf("%v: %v", changes, err)
		}
	}
}
