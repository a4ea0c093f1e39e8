package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// replacing lists the types of resources that hold state or have an address that others know. For
// each type it lists the properties whose change makes CloudFormation replace the resource
// ("Update requires: Replacement" in CloudFormation's resource reference).
var replacing = map[string][]string{
	"AWS::S3::Bucket":             {"BucketName"},
	"AWS::DynamoDB::Table":        {"TableName", "KeySchema"},
	"AWS::SQS::Queue":             {"QueueName", "FifoQueue"},
	"AWS::SNS::Topic":             {"TopicName", "FifoTopic"},
	"AWS::SecretsManager::Secret": {"Name"},
	"AWS::Logs::LogGroup":         {"LogGroupName"},
	"AWS::Lambda::Function":       {"FunctionName"},
	"AWS::Lambda::Alias":          {"Name"},
	"AWS::Lambda::Url":            {"Qualifier"},
	"AWS::IAM::User":              {"UserName"},
}

// A deployed stack must keep its data, the messages in its queues and its addresses. They are lost
// if CloudFormation replaces a resource. People edit testdata/stateful.txt by hand; the test never
// rewrites it. A new line is safe, but a changed or removed line means that the next deployment
// deletes the content of a resource.
func TestStatefulResourcesKeepTheirIdentity(t *testing.T) {
	listed, err := os.ReadFile("testdata/stateful.txt")
	if err != nil {
		t.Fatal(err)
	}
	found := stateful(t, synth(t, settings.Defaults()))
	if want := strings.Split(strings.TrimSpace(string(listed)), "\n"); !slices.Equal(found, want) {
		t.Errorf("stateful resources have changed:\n%s", difference(string(listed), strings.Join(found, "\n")+"\n"))
	}
}

// stateful returns the resources that hold state or have an address, with the properties that
// identify them.
func stateful(t *testing.T, all template) (found []string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(all)) {
		r := all[path]
		properties, stateful := replacing[r.Type]
		if !stateful {
			continue
		}
		line := fmt.Sprintf("%s %s", r.Type, r.id)
		for _, name := range properties {
			if value := r.get(name); value != nil {
				encoded, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				line += fmt.Sprintf(" %s=%s", name, encoded)
			}
		}
		found = append(found, line)
	}
	return found
}
