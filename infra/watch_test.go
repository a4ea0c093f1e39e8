package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
	"masterhand/shared/kit/names"
)

var search = regexp.MustCompile(`^SEARCH\('\{"([^"]+)",([A-Za-z,]+)\} MetricName="([A-Za-z0-9]+)"', 'Sum', 300\)$`)

// drawn returns the metrics on the dashboard. The map ours holds the series that the functions
// write. The list others holds all other visible metrics, each with its namespace.
func drawn(t *testing.T, all template) (ours map[string]bool, others []string) {
	t.Helper()
	body, _ := all["Dashboard"].get("DashboardBody").(string)
	var dashboard struct {
		Widgets []struct {
			Type       string
			Properties struct {
				Title   string
				Metrics [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil {
		t.Fatalf("the dashboard is no JSON: %v\n%s", err, body)
	}
	ours = map[string]bool{}
	for _, widget := range dashboard.Widgets {
		if widget.Type == "text" {
			continue
		}
		if widget.Properties.Title == "" || widget.Type == "metric" && len(widget.Properties.Metrics) == 0 {
			t.Errorf("a widget is empty: %+v", widget)
		}
		for _, metric := range widget.Properties.Metrics {
			if expression, ok := metric[0].(map[string]any); ok {
				text := fmt.Sprint(expression["expression"])
				if !strings.Contains(text, "SEARCH") {
					continue // skipped: the metrics in this expression are separate entries of the widget
				}
				m := search.FindStringSubmatch(text)
				if m == nil || m[1] != names.NamespaceOf(settings.Defaults().Name) {
					t.Fatalf("%s: %v", widget.Properties.Title, expression)
				}
				ours[series(m[3], strings.Split(m[2], ","))] = true
				continue
			}
			var texts []string
			for _, part := range metric {
				if text, ok := part.(string); ok {
					texts = append(texts, text)
				}
			}
			if texts[0] == names.NamespaceOf(settings.Defaults().Name) {
				ours[series(texts[1], nil)] = true
				continue
			}
			// A metric that the widget hides is not added: the widget shows only an expression
			// that uses it.
			if options, is := metric[len(metric)-1].(map[string]any); !is || options["visible"] != false {
				others = append(others, strings.Join(texts[:2], " "))
			}
			if texts[0] == "AWS/Lambda" && !strings.HasSuffix(strings.Join(texts, " "), ":live") {
				t.Errorf("%s: %q is not of an alias", widget.Properties.Title, texts)
			}
		}
	}
	return ours, others
}

func TestEveryMetricOnTheDashboardIsWrittenAndTheReverse(t *testing.T) {
	written := emission(t)
	shown, _ := drawn(t, synth(t, withDoors()))
	for s := range shown {
		if written[s] == nil {
			t.Errorf("%s is on the dashboard, and no function writes it", s)
		}
	}
	for s := range written {
		bare, _, _ := strings.Cut(s, "{")
		withDimension := func(other string) bool { return strings.HasPrefix(other, bare+"{") }
		if !shown[s] && !slices.ContainsFunc(slices.Collect(maps.Keys(shown)), withDimension) {
			t.Errorf("%s is written, and not on the dashboard", s)
		}
	}
	for _, name := range metricNames(t) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(written)), func(s string) bool { return strings.HasPrefix(s, name+"{") }) {
			t.Errorf("%s has a name, and no function writes it", name)
		}
	}
}

func TestTheDashboardShowsWhatLambdaAndTheQueuesTell(t *testing.T) {
	_, others := drawn(t, synth(t, settings.Defaults()))
	for metric, times := range map[string]int{
		"AWS/Lambda Errors": 5, "AWS/Lambda Throttles": 5, "AWS/Lambda Duration": 10, "AWS/Lambda ConcurrentExecutions": 5, "AWS/Lambda Url5xxCount": 2,
		"AWS/SQS ApproximateAgeOfOldestMessage": 2, "AWS/SQS ApproximateNumberOfMessagesVisible": 8,
	} {
		count := 0
		for _, other := range others {
			if other == metric {
				count++
			}
		}
		if count != times {
			t.Errorf("%s is drawn %d times, want %d: %q", metric, count, times, others)
		}
	}
}

func TestEachAlarmSaysWhatToDo(t *testing.T) {
	all, written := synth(t, settings.Defaults()), emission(t)
	titles, counted := map[string]bool{}, map[string]int{}
	for _, path := range all.of("AWS::CloudWatch::Alarm") {
		a := all[path]
		title, do := fmt.Sprint(a.get("AlarmName")), fmt.Sprint(a.get("AlarmDescription"))
		if titles[title] || !strings.HasPrefix(title, "masterhand-production ") || len(title) > 255 {
			t.Errorf("%s: the name %q is another's, or no good", path, title)
		}
		titles[title] = true
		if len(do) < 80 || len(do) > 1024 || !strings.HasSuffix(do, ".") {
			t.Errorf("%s does not say what to do: %q", path, do)
		}
		if fmt.Sprint(list(a.get("AlarmActions")), list(a.get("OKActions"))) != "[Alarms] [Alarms]" {
			t.Errorf("%s tells %v", path, a.get("AlarmActions"))
		}
		// A new alarm must not go off before its metric has data. Three alarms watch metrics that
		// are written regularly: they must notify the topic when no more data arrives.
		missing, told := a.get("TreatMissingData"), list(a.get("InsufficientDataActions"))
		switch path {
		case "SweepAlarm", "CollectSweepAlarm", "LooksAlarm":
			if missing != "missing" || fmt.Sprint(told) != "[Alarms]" {
				t.Errorf("%s: without data: %v, tells %v", path, missing, told)
			}
		default:
			if missing != "notBreaching" || len(told) > 0 {
				t.Errorf("%s: without data: %v, tells %v", path, missing, told)
			}
		}
		for _, metric := range watched(a) {
			counted[checkWatched(t, path, metric, written)]++
		}
	}
	if counted["AWS/Lambda"] != 12 || counted["AWS/SQS"] != 7 || counted["masterhand/production"] != 28 {
		t.Errorf("alarms by namespace: %v", counted)
	}
}

// Each alarm must match one row of the table in docs/operations.md, and each row must match an
// alarm. A word in capitals in a row stands for any text, such as the name of a library.
func TestOperationsExplainsEachAlarm(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| alarm | meaning | look at | do |\n|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	capitals, unused := regexp.MustCompile(`\b[A-Z]{4,}\b`), map[string]*regexp.Regexp{}
	for line := range strings.Lines(table) {
		title := strings.Trim(strings.SplitN(line, "|", 3)[1], " `")
		unused[title] = regexp.MustCompile("^" + capitals.ReplaceAllString(regexp.QuoteMeta(title), ".+") + "$")
	}
	rows := maps.Clone(unused)
	all := synth(t, withDoors())
	for _, path := range all.of("AWS::CloudWatch::Alarm") {
		title := strings.TrimPrefix(fmt.Sprint(all[path].get("AlarmName")), "masterhand-production ")
		found := 0
		for row, pattern := range rows {
			if pattern.MatchString(title) {
				found++
				delete(unused, row)
			}
		}
		if found != 1 {
			t.Errorf("docs/operations.md has %d rows for the alarm %q, want 1", found, title)
		}
	}
	for row := range unused {
		t.Errorf("docs/operations.md explains %q, which is no alarm", row)
	}
}

// The README must state the right price of the alarms, which depends on the stack: $0.10 a month for each
// metric of an alarm. Source: CloudWatch's price list.
func TestAlarmsCostWhatTheReadmeSays(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("alarms $%.2f,", 0.10*float64(alarmMetrics(synth(t, settings.Defaults()))))
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
		t.Errorf("the README does not say %q", want)
	}
	// The README must say that the first 100 GB that an account sends to the internet each month are free.
	// Source: EC2's price list, data transfer.
	if free := "first 100 GB a month are free, then **$0.09 a GB**"; !strings.Contains(strings.Join(strings.Fields(string(text)), " "), free) {
		t.Errorf("the README does not say %q", free)
	}
}

// alarmMetrics returns how many metrics the alarms of a template have together. An alarm that selects
// its metrics by a query counts as one. AWS charges for each metric that the query finds, here for
// each host that is not configured.
func alarmMetrics(all template) (n int) {
	for _, path := range all.of("AWS::CloudWatch::Alarm") {
		n += max(1, len(watched(all[path])))
	}
	return n
}

// watched returns the metrics that an alarm reads: the metrics in its expression, or the one metric
// of an alarm without an expression.
func watched(a resource) (metrics []resource) {
	list, _ := a.get("Metrics").([]any)
	for _, m := range list {
		metric, is := resource{Properties: m.(map[string]any)}.get("MetricStat", "Metric").(map[string]any)
		if is {
			metrics = append(metrics, resource{Properties: metric})
		}
	}
	if list == nil {
		metrics = []resource{a}
	}
	return metrics
}

// checkWatched checks that the metric m of an alarm is written by one of our functions or by AWS. A
// metric of Lambda must belong to the alias that all callers use. checkWatched returns the metric's
// namespace.
func checkWatched(t *testing.T, path string, m resource, written map[string]map[string]bool) string {
	t.Helper()
	namespace := fmt.Sprint(m.get("Namespace"))
	switch namespace {
	case names.NamespaceOf(settings.Defaults().Name):
		var dimensions []string
		if name, ok := m.get("Dimensions", 0, "Name").(string); ok {
			dimensions = []string{name}
		}
		s := series(fmt.Sprint(m.get("MetricName")), dimensions)
		if values := written[s]; values == nil || dimensions != nil && !values[fmt.Sprint(m.get("Dimensions", 0, "Value"))] {
			t.Errorf("%s waits for %s %v, which no function writes: %v", path, s, m.get("Dimensions"), values)
		}
	case "AWS/Lambda":
		if alias := fmt.Sprint(m.get("Dimensions", 1, "Value")); m.get("Dimensions", 1, "Name") != "Resource" || !strings.HasSuffix(alias, ":live") {
			t.Errorf("%s does not watch an alias: %v", path, m.get("Dimensions"))
		}
	case "AWS/SQS":
	default:
		t.Errorf("%s watches %s", path, namespace)
	}
	return namespace
}

// Lambda records an error, or an answer of 5xx, at the time at which its invocation started.
// Therefore an alarm for errors or for answers of 5xx must look back over more than the duration of
// the longest possible invocation.
func TestAlarmsLookBackOverTheLongestInvocation(t *testing.T) {
	all := synth(t, settings.Defaults())
	for path, timeout := range map[string]float64{
		"FulfillErrorsAlarm": 295, "FinishErrorsAlarm": 900, "IndexErrorsAlarm": 300, "IntakeErrorsAlarm": 15, "CollectErrorsAlarm": 900,
		"ServerErrorsAlarm": 295, "IntakeServerErrorsAlarm": 15,
	} {
		a := all[path]
		period, metrics := a.get("Period"), a.get("Metrics", 0, "MetricStat", "Period")
		if period == nil {
			period = metrics
		}
		seconds, _ := period.(float64)
		periods, _ := a.get("EvaluationPeriods").(float64)
		if window := seconds * periods; window <= timeout || a.get("DatapointsToAlarm") != 1.0 {
			t.Errorf("%s: one of %v periods of %v s, for a time of %v s", path, periods, period, timeout)
		}
	}
}

// There must be alarms for wrong skips, that is, skips of requests whose masters exist. Without an
// alarm nobody would notice them.
func TestAnAlarmTellsOfFalseSkips(t *testing.T) {
	all := synth(t, settings.Defaults())
	for path, want := range map[string]struct {
		expression string
		period     float64
	}{
		"OnlySkipsAlarm": {"IF(skips >= 5 AND FILL(delivered, 0) == 0, 1, 0)", 3600},
		"MoreSkipsAlarm": {"IF(skips + FILL(delivered, 0) + FILL(failed, 0) + FILL(overdue, 0) >= 20 AND skips > FILL(delivered, 0), 1, 0)", 10800},
	} {
		a := all[path]
		if got := a.get("Metrics", 0, "Expression"); got != want.expression || a.get("Threshold") != 0.0 || a.get("ComparisonOperator") != "GreaterThanThreshold" {
			t.Errorf("%s waits for %v %v %v", path, got, a.get("ComparisonOperator"), a.get("Threshold"))
		}
		series := map[any]any{}
		for i := 1; a.get("Metrics", i) != nil; i++ {
			stat := a.get("Metrics", i, "MetricStat").(map[string]any)
			s := resource{Properties: stat}
			series[a.get("Metrics", i, "Id")] = fmt.Sprint(s.get("Metric", "MetricName"), " ", s.get("Stat"))
			if s.get("Period") != want.period {
				t.Errorf("%s: a period of %v s, want %v", path, s.get("Period"), want.period)
			}
		}
		if series["skips"] != "Skips Sum" || series["delivered"] != "TimeLeft SampleCount" {
			t.Errorf("%s counts %v", path, series)
		}
	}
}

// The policy of the SNS topic must allow the account's alarms to publish. SNS's default policy
// would allow that, but a topic with a policy of its own loses the default policy.
func TestAlarmsReachTheTopic(t *testing.T) {
	c := settings.Defaults()
	c.AlarmEmail, c.NotifyEmail = "oncall@example.com", "studio@example.com"
	all := synth(t, c)
	if !deniesPlainHTTP(all["Alarms/Policy"]) {
		t.Error("the topic may be reached without TLS")
	}
	admitted := slices.ContainsFunc(all["Alarms/Policy"].get("PolicyDocument", "Statement").([]any), func(statement any) bool {
		s := resource{Properties: statement.(map[string]any)}
		return s.get("Effect") == "Allow" && s.get("Principal", "Service") == "cloudwatch.amazonaws.com" &&
			s.get("Action") == "sns:Publish" && s.get("Condition", "StringEquals", "aws:SourceAccount") == "AWS::AccountId"
	})
	if !admitted {
		t.Errorf("CloudWatch may not publish: %v", all["Alarms/Policy"].Properties)
	}
	told := map[any]any{}
	for _, path := range all.of("AWS::SNS::Subscription") {
		if s := all[path]; s.get("Protocol") == "email" {
			told[s.get("TopicArn")] = s.get("Endpoint")
		}
	}
	if want := map[any]any{"Alarms": c.AlarmEmail, "Notices": c.NotifyEmail}; !maps.Equal(told, want) {
		t.Errorf("subscribed %v, want %v", told, want)
	}
	if !deniesPlainHTTP(all["Notices/Policy"]) {
		t.Error("the topic of notices may be reached without TLS")
	}
	if none := synth(t, settings.Defaults()).of("AWS::SNS::Subscription"); len(none) > 0 {
		t.Errorf("nobody is to be told, and %q is", none)
	}
}
