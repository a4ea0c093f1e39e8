package destination_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/kit/telemetry/telemetrytest"
	"masterhand/shared/request/destination"
)

func TestALoadThatFailedIsReported(t *testing.T) {
	t.Parallel()
	log, metrics := telemetrytest.Lines(t, func(to telemetry.Reporter) { destination.ReportLoadFailure(t.Context(), to, errors.New("no JSON")) })
	if len(log) != 1 || !strings.Contains(log[0], `"level":"WARN"`) || !strings.Contains(log[0], "no JSON") || !slices.Equal(metrics, []string{`DestinationLoadFailures=1 Count []`}) {
		t.Errorf("a load that failed: %q, %q", log, metrics)
	}
}
