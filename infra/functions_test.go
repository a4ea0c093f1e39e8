package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
	"masterhand/shared/announcements"
	"masterhand/shared/kit/names"
	"masterhand/shared/kit/variables"
	"masterhand/shared/library"
	"masterhand/shared/request"
)

func TestFunctions(t *testing.T) {
	all := synth(t, settings.Defaults())
	seconds := map[string]float64{"Fulfill": 295, "Finish": 900, "Index": 300, "Intake": 15, "Collect": 900, "Widget": 30}
	if len(all.of("AWS::Lambda::Function")) != len(seconds) {
		t.Errorf("functions %q", all.of("AWS::Lambda::Function"))
	}
	for name, timeout := range seconds {
		f := all[name+"/Function"]
		for what, pair := range map[string][2]any{
			"runtime":      {f.get("Runtime"), "provided.al2023"},
			"architecture": {fmt.Sprint(list(f.get("Architectures"))), "[arm64]"},
			"timeout":      {f.get("Timeout"), timeout},
			"memory":       {f.get("MemorySize"), 512.0},
			"log":          {f.get("LoggingConfig", "LogGroup"), name + "/Logs"},
			"log's form":   {f.get("LoggingConfig", "LogFormat"), "JSON"},
			"log's life":   {all[name+"/Logs"].get("RetentionInDays"), 30.0},
			"reservation":  {f.get("ReservedConcurrentExecutions"), nil},
			"alias":        {all[name+"/Live"].get("Name"), "live"},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s is %v, want %v", name, what, pair[0], pair[1])
			}
		}
	}
	if all["Fulfill/Function"].get("Timeout").(float64) >= 300 {
		t.Error("fulfill may run longer than the gateway waits")
	}
}

func TestSettingsReachTheFunctions(t *testing.T) {
	c := settings.Defaults()
	c.Concurrency, c.IntakeConcurrency, c.LogDays, c.SpreadLedger = 7, 100, 90, true
	all := synth(t, c)
	if got := all["Fulfill/Function"].get("ReservedConcurrentExecutions"); got != 7.0 {
		t.Errorf("reserved for fulfill: %v", got)
	}
	if got := all["Intake/Function"].get("ReservedConcurrentExecutions"); got != 100.0 {
		t.Errorf("reserved for intake: %v", got)
	}
	for _, other := range []string{"Finish", "Index", "Collect"} {
		if got := all[other+"/Function"].get("ReservedConcurrentExecutions"); got != nil {
			t.Errorf("reserved for %s: %v", other, got)
		}
	}
	for _, name := range []string{"Fulfill", "Finish"} {
		if got := all[name+"/Function"].get("Environment", "Variables", "LEDGER_SPREAD"); got != "true" {
			t.Errorf("%s spreads the ledger: %v", name, got)
		}
	}
	if got := all["Finish/Logs"].get("RetentionInDays"); got != 90.0 {
		t.Errorf("logs live %v days", got)
	}
}

// plausible maps CloudFormation's references to example values that have the form of AWS's real values.
var plausible = map[string]string{
	"Masters": "masterhand-production-masters-1a2b3c", "IndexDocuments": "masterhand-production-index-1a2b3c",
	"Ledger":       "masterhand-production-Ledger-1A2B3C",
	"Destinations": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Destinations598AD698-AbCdEf",
	"IndexQueue":   "https://sqs.eu-central-1.amazonaws.com/123456789012/index", "IndexDeadLetters": "https://sqs.eu-central-1.amazonaws.com/123456789012/index-dead",
	"FinishQueue":   "https://sqs.eu-central-1.amazonaws.com/123456789012/finish",
	"ReindexQueue":  "https://sqs.eu-central-1.amazonaws.com/123456789012/reindex",
	"CollectQueue":  "https://sqs.eu-central-1.amazonaws.com/123456789012/collect",
	"Senders":       "arn:aws:secretsmanager:eu-central-1:123456789012:secret:Senders598AD698-AbCdEf",
	"Notices":       "arn:aws:sns:eu-central-1:123456789012:masterhand-production-Notices-1A2B3C",
	"Announcements": "masterhand-production-announcements-1a2b3c",
	"DoorObjects":   "masterhand-production-doorbucket-1a2b3c",
	"DoorQueue":     "https://sqs.eu-central-1.amazonaws.com/123456789012/door", "DoorEventsQueue": "https://sqs.eu-central-1.amazonaws.com/123456789012/door-events",
}

// Each function must accept the environment variables that the stack sets. It must also read each of them:
// if one is left out, the function must report an error or load other settings.
func TestFunctionsLoadTheirEnvironment(t *testing.T) {
	c := withDoors()
	c.Passed = map[string]string{
		names.Libraries:      `[{"name":"a","prefix":"a/","unlabelledLocale":"en"},{"name":"b","prefix":"b/"}]`,
		names.CollectLibrary: "b", names.CollectBuilds: "true", names.CollectMaxBytes: "1048576", names.CollectMaxBuild: "1073741824",
		names.NotifyOn: "build_rejected", names.PosternityFields: `{"identity":"/id","files":["/data/assets/*/url"]}`,
	}
	all := synth(t, c)
	for name, load := range map[string]func(func(string) (string, bool)) (any, error){
		"Fulfill": func(l variables.Lookup) (any, error) { return request.Load(l) },
		"Finish":  func(l variables.Lookup) (any, error) { return request.Load(l) },
		"Receive": func(l variables.Lookup) (any, error) { return request.LoadReceive(l) },
		"Index":   func(l variables.Lookup) (any, error) { return library.LoadIndex(l) },
		"Intake":  func(l variables.Lookup) (any, error) { return announcements.LoadIntake(l) },
		"Collect": func(l variables.Lookup) (any, error) { return announcements.LoadCollect(l) },
	} {
		told, _ := all[name+"/Function"].get("Environment", "Variables").(map[string]any)
		without := func(missing string) (any, error) {
			return load(func(key string) (string, bool) {
				if key == names.Region {
					return "eu-central-1", true
				}
				value, set := told[key].(string)
				if key == missing {
					return "", false
				}
				if real, ok := plausible[value]; ok {
					value = real
				}
				return value, set
			})
		}
		whole, err := without("")
		if err != nil {
			t.Errorf("%s does not load:\n%v", name, err)
		}
		for key := range told {
			if part, err := without(key); err == nil && reflect.DeepEqual(part, whole) {
				t.Errorf("%s is told %s, and does not read it", name, key)
			}
		}
		if len(told) < 3 {
			t.Errorf("%s is told only %v", name, told)
		}
	}
}

// Since October 2025, a public function URL needs two permissions. With only the first of them, AWS
// answers 403.
func TestTheURLNeedsNoAWSCredentials(t *testing.T) {
	all := synth(t, settings.Defaults())
	if urls := all.of("AWS::Lambda::Url"); !slices.Equal(urls, []string{"Fulfill/Live/FunctionUrl", "Intake/Live/FunctionUrl"}) {
		t.Fatalf("URLs %q", urls)
	}
	for _, function := range []string{"Fulfill", "Intake"} {
		checkOpen(t, all, function)
	}
}

func checkOpen(t *testing.T, all template, function string) {
	t.Helper()
	url := all[function+"/Live/FunctionUrl"]
	if url.get("AuthType") != "NONE" || url.get("Qualifier") != "live" || url.get("InvokeMode") != "BUFFERED" || url.get("Cors") != nil {
		t.Errorf("the URL is %v", url.Properties)
	}
	want := map[string]map[string]any{
		"lambda:InvokeFunctionUrl": {"FunctionUrlAuthType": "NONE"},
		"lambda:InvokeFunction":    {"InvokedViaFunctionUrl": true},
	}
	for _, path := range all.of("AWS::Lambda::Permission") {
		p := all[path]
		if p.get("Principal") == "*" && !strings.HasPrefix(path, function+"/") {
			continue
		}
		if p.get("Principal") != "*" {
			if p.get("SourceArn") == nil {
				t.Errorf("%s lets in a service for anybody", path)
			}
			continue
		}
		action := fmt.Sprint(p.get("Action"))
		expected := map[string]any{"Action": action, "FunctionName": function + "/Live", "Principal": "*"}
		for key, value := range want[action] {
			expected[key] = value
		}
		if want[action] == nil || !reflect.DeepEqual(p.Properties, expected) {
			t.Errorf("%s: %v, want %v", path, p.Properties, expected)
		}
		delete(want, action)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

// A deployment must move all calls to the new version at once. It must not wait until alarms are in
// the state OK, because it may contain the correction of the fault that raised the alarm.
func TestADeploymentNeedsNoAlarm(t *testing.T) {
	all := synth(t, withDoors())
	for path, r := range all {
		if strings.HasPrefix(r.Type, "AWS::CodeDeploy::") || r.UpdatePolicy != nil {
			t.Errorf("%s takes part in a roll-out: %s %v", path, r.Type, r.UpdatePolicy)
		}
	}
	for _, p := range programs {
		version, _ := all[p.title()+"/Live"].get("FunctionVersion").(string)
		if !strings.HasPrefix(version, p.title()+"/Function/CurrentVersion") {
			t.Errorf("%s's alias leads to %q", p.name, version)
		}
	}
}

func TestIndexLooksAfterTheLibraries(t *testing.T) {
	all := synth(t, settings.Defaults())
	rule := all["Index/LookAfter"]
	if rule.get("ScheduleExpression") != "rate(1 minute)" || rule.get("Targets", 0, "Arn") != "Index/Live" {
		t.Errorf("the schedule is %v", rule.Properties)
	}
}

func TestCollectLooksForAnnouncementsWithoutAMessage(t *testing.T) {
	all := synth(t, settings.Defaults())
	rule := all["Collect/Sweep"]
	if rule.get("ScheduleExpression") != "rate(15 minutes)" || rule.get("Targets", 0, "Arn") != "Collect/Live" {
		t.Errorf("the schedule is %v", rule.Properties)
	}
	if timeout := all["Intake/Function"].get("Timeout").(float64); timeout < 10 {
		t.Errorf("intake may run for %v s, and a sender waits for 10", timeout)
	}
}

func TestFinishSweepsEachMinute(t *testing.T) {
	all := synth(t, settings.Defaults())
	rule := all["Finish/EveryMinute"]
	if rule.get("ScheduleExpression") != "rate(1 minute)" || rule.get("Targets", 0, "Arn") != "Finish/Live" {
		t.Errorf("the schedule is %v", rule.Properties)
	}
	retries := all["Finish/Live/EventInvokeConfig"]
	if retries.get("MaximumRetryAttempts") != 0.0 || retries.get("Qualifier") != "Finish/Live[7]" {
		t.Errorf("a late sweep is made again: %v", retries.Properties)
	}
	for _, path := range all.of("AWS::Lambda::Permission") {
		if strings.HasPrefix(path, "Finish/") && all[path].get("Principal") != "events.amazonaws.com" {
			t.Errorf("%s lets in %v", path, all[path].get("Principal"))
		}
	}
}
