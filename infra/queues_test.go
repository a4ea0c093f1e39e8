package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

func TestQueues(t *testing.T) {
	all := synth(t, withDoors())
	const hour, day = 3600.0, 24 * 3600.0
	for _, test := range []struct {
		name, function              string
		retention, receives, batch  float64
		visibility, window, atATime any
	}{
		{"Index", "Index", 4 * day, 10, 100, 330.0, 1.0, 2.0},
		{"Reindex", "Index", 4 * day, 10, 1, 330.0, nil, 2.0},
		{"Finish", "Finish", 4 * hour, 1000, 1, 930.0, nil, 2.0},
		{"Collect", "Collect", 14 * day, 400, 1, 930.0, nil, 2.0},
		{"Door", "Receive", 4 * day, 1000, 1, 930.0, nil, 2.0},
		{"DoorEvents", "Receive", 4 * day, 1000, 1, 930.0, nil, 2.0},
	} {
		live, dead, feed := all[test.name+"Queue"], all[test.name+"DeadLetters"], all[test.function+"/"+test.name+"Messages"]
		timeout := all[test.function+"/Function"].get("Timeout").(float64)
		if got := live.get("VisibilityTimeout"); got != test.visibility || got != timeout+30 {
			t.Errorf("%s: messages stay hidden for %v s, want %v, which is 30 more than the worker may run", test.name, got, test.visibility)
		}
		for what, pair := range map[string][2]any{
			"retention":              {live.get("MessageRetentionPeriod"), test.retention},
			"dead letters":           {live.get("RedrivePolicy", "deadLetterTargetArn"), test.name + "DeadLetters.Arn"},
			"receives":               {live.get("RedrivePolicy", "maxReceiveCount"), test.receives},
			"dead letters' life":     {dead.get("MessageRetentionPeriod"), 14 * day},
			"source":                 {feed.get("EventSourceArn"), test.name + "Queue.Arn"},
			"target":                 {feed.get("FunctionName"), test.function + "/Live[6]:live"},
			"batch":                  {feed.get("BatchSize"), test.batch},
			"window":                 {feed.get("MaximumBatchingWindowInSeconds"), test.window},
			"calls at a time":        {feed.get("ScalingConfig", "MaximumConcurrency"), test.atATime},
			"failures one by one":    {fmt.Sprint(list(feed.get("FunctionResponseTypes"))), "[ReportBatchItemFailures]"},
			"encryption":             {live.get("SqsManagedSseEnabled"), true},
			"dead letters' too":      {dead.get("SqsManagedSseEnabled"), true},
			"TLS only":               {deniesPlainHTTP(all[test.name+"Queue/Policy"]), true},
			"dead letters' TLS only": {deniesPlainHTTP(all[test.name+"DeadLetters/Policy"]), true},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s is %v, want %v", test.name, what, pair[0], pair[1])
			}
		}
	}
	if mappings := all.of("AWS::Lambda::EventSourceMapping"); len(mappings) != 6 {
		t.Errorf("mappings %q", mappings)
	}
}

// Lambda stops a chain after 16 invocations of one function, unless the function is allowed to run
// in a loop. Only a function that sends messages to its own queue may be allowed to run in a loop.
func TestOnlyFunctionsThatFeedThemselvesMayLoop(t *testing.T) {
	all := synth(t, withDoors())
	loops := map[string]bool{}
	for _, path := range all.of("AWS::Lambda::EventSourceMapping") {
		function, _, _ := strings.Cut(path, "/")
		queue := fmt.Sprint(all[path].get("EventSourceArn"))
		for _, s := range all[function+"/Role/DefaultPolicy"].get("PolicyDocument", "Statement").([]any) {
			statement := resource{Properties: s.(map[string]any)}
			if slices.Contains(list(statement.get("Action")), "sqs:SendMessage") && slices.Contains(list(statement.get("Resource")), queue) {
				loops[function] = true
			}
		}
	}
	if len(loops) != 2 || !loops["Index"] || !loops["Collect"] {
		t.Errorf("functions that feed themselves: %v, want Index and Collect", loops)
	}
	for _, path := range all.of("AWS::Lambda::Function") {
		function, _, _ := strings.Cut(path, "/")
		var want any
		if loops[function] {
			want = "Allow"
		}
		if got := all[path].get("RecursiveLoop"); got != want {
			t.Errorf("%s: RecursiveLoop is %v, want %v", function, got, want)
		}
	}
}

func TestASettingRaisesAQueuesCalls(t *testing.T) {
	c := settings.Defaults()
	c.Parallel = map[string]int{"Finish": 20}
	all := synth(t, c)
	for path, want := range map[string]any{"Finish/FinishMessages": 20.0, "Index/IndexMessages": 2.0} {
		if got := all[path].get("ScalingConfig", "MaximumConcurrency"); got != want {
			t.Errorf("%s: %v calls at a time, want %v", path, got, want)
		}
	}
}

func TestOnlyTheRuleSendsObjectEvents(t *testing.T) {
	all := synth(t, settings.Defaults())
	rule := all["ObjectEvents"]
	want := []string{
		"Object Access Tier Changed", "Object Created", "Object Deleted", "Object Restore Completed", "Object Restore Expired",
		"Object Storage Class Changed", "Object Tags Added", "Object Tags Deleted",
	}
	if got := sorted(rule.get("EventPattern", "detail-type")); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if got := list(rule.get("EventPattern", "source")); !slices.Equal(got, []string{"aws.s3"}) || rule.get("EventPattern", "detail", "bucket", "name", 0) != "Masters" {
		t.Errorf("events of %q, %v", got, rule.get("EventPattern", "detail"))
	}
	if rule.get("Targets", 0, "Arn") != "IndexQueue.Arn" || rule.get("Targets", 0, "DeadLetterConfig", "Arn") != "IndexDeadLetters.Arn" {
		t.Errorf("targets %v", rule.get("Targets"))
	}
	for _, path := range all.of("AWS::SQS::QueuePolicy") {
		for _, statement := range all[path].get("PolicyDocument", "Statement").([]any) {
			s := resource{Properties: statement.(map[string]any)}
			if s.get("Effect") == "Deny" {
				continue
			}
			if s.get("Principal", "Service") != "events.amazonaws.com" || s.get("Condition", "ArnEquals", "aws:SourceArn") != "ObjectEvents.Arn" || s.get("Action") != "sqs:SendMessage" {
				t.Errorf("%s also lets in %v", path, statement)
			}
		}
	}
}
