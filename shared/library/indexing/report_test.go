package indexing_test

import (
	"slices"
	"testing"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/library/indexing"
	"masterhand/shared/library/masters"
)

// ReportFiled logs an unread key with its version and the reasons why it is unread and unplaced,
// without a URL. It counts the key in a metric.
func TestAFiledKeyIsLoggedAndCounted(t *testing.T) {
	t.Parallel()
	log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) {
		indexing.ReportFiled(t.Context(), to, indexing.Result{
			Key: key, Unread: "403 of https://bucket.example/?X-Amz-Signature=" + telemetrytest.Secret, Unplaced: "no rule",
			Master: masters.Master{VersionID: "v1"},
		})
	})
	want := []string{`{"level":"WARN","msg":"unreadable","key":"` + key + `","version":"v1","reason":"403 of https://bucket.example/[redacted]","unplaced":"no rule"}`}
	if !slices.Equal(log, want) {
		t.Errorf("logged %q, want %q", log, want)
	}
	if want := []string{"UnreadableMasters=1 Count []"}; !slices.Equal(metrics, want) {
		t.Errorf("measured %q, want %q", metrics, want)
	}
}

// The queue delivers an event ten times. If the object cannot be read even at the tenth delivery,
// the indexer records the object as unread.
func TestTheQueueBringsAnEventTenTimes(t *testing.T) {
	t.Parallel()
	if indexing.MaxReceives != 10 {
		t.Errorf("%d times", indexing.MaxReceives)
	}
}
