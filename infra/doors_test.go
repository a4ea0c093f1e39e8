package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
	"masterhand/shared/request/doors"
)

// withDoors returns the settings of a deployment that also receives events through a queue and a
// bucket.
func withDoors() settings.Config {
	c := settings.Defaults()
	c.Doors = doors.Settings{doors.Queue: {Destination: "ads"}, doors.Bucket: {Destination: "team 2"}}
	return c
}

// A door is a queue or a bucket through which the platform sends events. A stack must contain only
// the resources of those doors that its settings open.
func TestTheStackHasOnlyTheDoorsOfTheSetting(t *testing.T) {
	for name, c := range map[string]struct {
		doors []doors.Door
		want  []string
	}{
		"none":   {nil, nil},
		"queue":  {[]doors.Door{doors.Queue}, []string{"DoorQueue", "DoorQueueSender"}},
		"bucket": {[]doors.Door{doors.Bucket}, []string{"DoorBucketSender", "DoorEventsQueue", "DoorObjects"}},
	} {
		config := settings.Defaults()
		config.Doors = doors.Settings{}
		for _, door := range c.doors {
			config.Doors[door] = doors.Binding{Destination: "ads"}
		}
		all := synth(t, config)
		var found []string
		for _, kind := range []string{"AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::IAM::User"} {
			for _, path := range all.of(kind) {
				if strings.HasPrefix(path, "Door") && !strings.HasSuffix(path, "DeadLetters") {
					found = append(found, path)
				}
			}
		}
		if slices.Sort(found); !slices.Equal(found, c.want) {
			t.Errorf("%s: %q, want %q", name, found, c.want)
		}
		if _, there := all["Receive/Function"]; there != (len(c.doors) > 0) {
			t.Errorf("%s: the function receive is there: %v", name, there)
		}
	}
}

// The logical ids and names of the doors' resources must never change, because CloudFormation would
// replace the resources. For the other resources with this rule, see testdata/stateful.txt.
func TestTheDoorsKeepTheirIdentity(t *testing.T) {
	listed, err := os.ReadFile("testdata/stateful_doors.txt")
	if err != nil {
		t.Fatal(err)
	}
	without := synth(t, settings.Defaults())
	all := synth(t, withDoors())
	for path := range without {
		if path != "Dashboard" {
			delete(all, path)
		}
	}
	if got := strings.Join(stateful(t, all), "\n") + "\n"; got != string(listed) {
		t.Errorf("stateful resources have changed:\n%s", difference(string(listed), got))
	}
}

// Each IAM user of the gateway must be allowed exactly one action on one resource. The template must
// contain no access key.
func TestSendersMayDoOneThing(t *testing.T) {
	all := synth(t, withDoors())
	want := map[string]string{
		"DoorQueueSender/DefaultPolicy":  "[map[Action:sqs:SendMessage Effect:Allow Resource:DoorQueue.Arn]]",
		"DoorBucketSender/DefaultPolicy": "[map[Action:s3:PutObject Effect:Allow Resource:DoorObjects.Arn/*]]",
	}
	for _, path := range all.of("AWS::IAM::Policy") {
		if users := list(all[path].get("Users")); users != nil {
			if got := fmt.Sprint(all[path].get("PolicyDocument", "Statement")); got != want[path] || path != users[0]+"/DefaultPolicy" {
				t.Errorf("%s of %q: %s, want %s", path, users, got, want[path])
			}
			delete(want, path)
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	if keys := all.of("AWS::IAM::AccessKey"); keys != nil {
		t.Errorf("keys in the template: %q", keys)
	}
	for _, path := range all.of("AWS::IAM::User") {
		if len(all[path].Properties) > 0 {
			t.Errorf("%s has more: %v", path, all[path].Properties)
		}
	}
}

func TestTheBucketsEventsReachItsQueueAndExpire(t *testing.T) {
	all := synth(t, withDoors())
	rule := all["DoorObjectEvents"]
	if got := list(rule.get("EventPattern", "detail-type")); !slices.Equal(got, []string{"Object Created"}) || rule.get("EventPattern", "detail", "bucket", "name", 0) != "DoorObjects" {
		t.Errorf("events %v", rule.get("EventPattern"))
	}
	if rule.get("Targets", 0, "Arn") != "DoorEventsQueue.Arn" || rule.get("Targets", 0, "DeadLetterConfig", "Arn") != "DoorEventsDeadLetters.Arn" {
		t.Errorf("targets %v", rule.get("Targets"))
	}
	bucket := all["DoorObjects"]
	if bucket.get("NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled") != true || bucket.get("VersioningConfiguration", "Status") != "Enabled" {
		t.Errorf("the bucket sends no events, or keeps no versions: %v", bucket.Properties)
	}
	rules := "LifecycleConfiguration"
	if bucket.get(rules, "Rules", 0, "ExpirationInDays") != 7.0 || bucket.get(rules, "Rules", 0, "NoncurrentVersionExpiration", "NoncurrentDays") != 7.0 ||
		bucket.get(rules, "Rules", 1, "ExpiredObjectDeleteMarker") != true {
		t.Errorf("events do not expire: %v", bucket.get(rules))
	}
}

func TestTheDoorsHaveOutputsAndAlarms(t *testing.T) {
	app, stack := build(t, withDoors(), stubs(t))
	data := file(t, app, stack)
	got := outputNames(t, data)
	for _, name := range []string{
		"DoorBucket", "DoorBucketUser", "DoorDeadLettersUrl", "DoorEventsDeadLettersUrl", "DoorEventsQueueUrl", "DoorQueueUrl", "DoorQueueUser", "ReceiveLogs",
	} {
		if !slices.Contains(got, name) {
			t.Errorf("no output %s", name)
		}
	}
	all := parse(t, data, withDoors().StackName())
	for _, name := range []string{"Doors", "DoorAge", "DoorDeadLetters", "DoorEventsAge", "DoorEventsDeadLetters", "ReceiveErrors", "ReceiveThrottles"} {
		if all[name+"Alarm"].Type != "AWS::CloudWatch::Alarm" {
			t.Errorf("no alarm %s", name)
		}
	}
	if doors := all["DoorsAlarm"]; doors.get("Metrics", 0, "MetricStat", "Metric", "MetricName") != "DoorFailures" || doors.get("Threshold") != 0.0 || doors.get("ComparisonOperator") != "GreaterThanThreshold" {
		t.Errorf("one event that waits for its destination raises no alarm: %v", doors.Properties)
	}
	if variables := all["Receive/Function"].get("Environment", "Variables", "DOORS"); variables != `{"bucket":{"destination":"team 2"},"queue":{"destination":"ads"}}` {
		t.Errorf("the function is told %v", variables)
	}
}
