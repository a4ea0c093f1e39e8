package main

import (
	"fmt"
	"strings"
	"testing"

	"masterhand/infra/settings"
	"masterhand/shared/kit/names"
)

// alarmNumbers lists for each alarm when it goes off: the limit and its direction, the number of
// periods in which the metric must breach the limit, the number of periods that are evaluated, the
// length of a period in seconds, and the statistic. Three alarms are not in this list:
// TestAnAlarmTellsOfFalseSkips checks two of them, and TestAnAlarmNamesTheHost checks the third.
const alarmNumbers = `
CollectDeadLetters  >   0   1/1 300  Maximum
CollectErrors       >   0  1/20 60   Sum
CollectFailures     >   0   1/1 300  Sum
CollectStuck        >   0   2/2 3600 Sum
CollectSweep        <   1   1/1 3600 SampleCount
CollectThrottles    >   0   1/1 300  Sum
CollectWaits        >   0   3/3 300  Minimum
Destinations        >   0   1/1 300  Sum
ETag                >   0   1/1 300  Sum
Failures            >   0   1/1 300  Sum
FinishAge           > 300   3/3 60   Maximum
FinishDeadLetters   >   0   1/1 300  Maximum
FinishErrors        >   0  1/20 60   Sum
FinishThrottles     >   0   1/1 300  Sum
FulfillErrors       >   0  1/10 60   Sum
FulfillThrottles    >   0   1/1 300  Sum
IndexAge            > 300   3/3 60   Maximum
IndexDeadLetters    >   0   1/1 300  Maximum
IndexErrors         >   0  1/10 60   Sum
IndexThrottles      >   0   1/1 300  Sum
IntakeCoordinates   >   0   1/1 300  Sum
IntakeErrors        >   0   1/6 60   Sum
IntakeFailures      >   2   1/1 3600 Sum
IntakeRefusals      >   4   1/1 300  Sum
IntakeServerErrors  >   0   1/2 300  Sum
IntakeThrottles     >   0   1/1 300  Sum
IntakeUnknown       >   0   1/1 3600 Sum
Looks               <   1   2/2 300  SampleCount
Malformed           >   0   1/1 300  Sum
Overdue             >   0   1/1 300  Sum
ReindexDeadLetters  >   0   1/1 300  Maximum
Rejected            >   0   1/1 300  Sum
Senders             >   0   1/1 300  Sum
ServerErrors        >   2   1/2 300  Sum
Signatures          >   4   1/1 300  Sum
Sweep               <   1   2/2 300  SampleCount
TimeLeft            < 300   1/1 300  Minimum
TimedOut            >   0   1/1 300  Sum
Unbuilt             >   0 12/12 300  Minimum
Unreadable          >   0   1/1 300  Sum
Waits-default       >   0   1/5 60   Maximum`

// Each library must have an alarm that goes off if its index was not built with the library's
// current settings. The alarm must go off within five minutes; this time includes the interval of
// the function index's schedule, the delay of the metric and the alarm's evaluation.
func TestAnAlarmTellsOfALibraryThatWaits(t *testing.T) {
	c := settings.Defaults()
	c.Passed[names.Libraries] = `[{"name":"films","prefix":"films/"},{"name":"a-b","prefix":"b/"}]`
	all := synth(t, c)
	for _, library := range []string{"films", "a-b"} {
		a := all["Waits-"+library+"Alarm"]
		metric := a.get("Metrics", 0, "MetricStat", "Metric")
		if metric == nil {
			t.Errorf("%s: no alarm: %v", library, a)
			continue
		}
		m := resource{Properties: metric.(map[string]any)}
		if m.get("MetricName") != "LibrariesThatWait" || m.get("Dimensions", 0, "Name") != "Library" || m.get("Dimensions", 0, "Value") != library {
			t.Errorf("%s: waits for %v", library, metric)
		}
		if title := fmt.Sprint(a.get("AlarmName")); !strings.HasSuffix(title, "library "+library+" waits for masterhand reindex") {
			t.Errorf("%s: %q", library, title)
		}
		if a.get("Metrics", 0, "MetricStat", "Period") != 60.0 || a.get("DatapointsToAlarm") != 1.0 {
			t.Errorf("%s: goes off late: %v", library, a.Properties)
		}
	}
	if all["Waits-defaultAlarm"].Properties != nil {
		t.Error("a library that there is not has an alarm")
	}
}

func TestEachAlarmGoesOffAtItsNumbers(t *testing.T) {
	all := synth(t, settings.Defaults())
	rows := strings.Split(strings.TrimSpace(alarmNumbers), "\n")
	if got := len(all.of("AWS::CloudWatch::Alarm")); got != len(rows)+3 {
		t.Errorf("%d alarms, want %d", got, len(rows)+3)
	}
	for _, row := range rows {
		f := strings.Fields(row)
		a := all[f[0]+"Alarm"]
		// For a metric without a label, CDK writes the statistic into the properties of the alarm.
		// The "if" below finds the statistics of the other metrics.
		metric, statistic := a, "Statistic"
		if m, ok := a.get("Metrics", 0, "MetricStat").(map[string]any); ok {
			metric, statistic = resource{Properties: m}, "Stat"
		}
		sign := map[any]string{"GreaterThanThreshold": ">", "LessThanThreshold": "<"}[a.get("ComparisonOperator")]
		got := fmt.Sprint(sign, " ", a.get("Threshold"), " ", a.get("DatapointsToAlarm"), "/", a.get("EvaluationPeriods"), " ", metric.get("Period"), " ", metric.get(statistic))
		if want := strings.Join(f[1:], " "); got != want {
			t.Errorf("%s goes off at %s, want %s", f[0], got, want)
		}
	}
}

// The alarm's query must group by host. CloudWatch then evaluates the alarm for each host separately and
// names the host in the notification.
func TestAnAlarmNamesTheHost(t *testing.T) {
	a := synth(t, settings.Defaults())["HostsAlarm"]
	query := fmt.Sprint(a.get("Metrics", 0, "Expression"))
	if want := `SELECT SUM(HostsNotConfigured) FROM SCHEMA("masterhand/production", Host) GROUP BY Host`; query != want {
		t.Errorf("the query is %s, want %s", query, want)
	}
	got := fmt.Sprintln(a.get("ComparisonOperator"), a.get("Threshold"), a.get("EvaluationPeriods"), a.get("Metrics", 0, "Period"), len(a.get("Metrics").([]any)))
	if want := "GreaterThanThreshold 0 1 300 1\n"; got != want {
		t.Errorf("the alarm goes off at %s, want %s", got, want)
	}
	if !emission(t)["HostsNotConfigured{Host}"]["r2.example"] {
		t.Error("no function writes the metric by its host")
	}
}
