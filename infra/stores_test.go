package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"masterhand/infra/settings"
	"masterhand/shared/kit/names"
	"masterhand/shared/request/ledger/dynamostore"
)

func TestBucketsAreClosed(t *testing.T) {
	all := synth(t, withDoors())
	for _, path := range all.of("AWS::S3::Bucket") {
		bucket := all[path]
		for _, key := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			if bucket.get("PublicAccessBlockConfiguration", key) != true {
				t.Errorf("%s: %s is not set", path, key)
			}
		}
		if bucket.get("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "SSEAlgorithm") != "AES256" {
			t.Errorf("%s is not encrypted", path)
		}
		if bucket.get("OwnershipControls", "Rules", 0, "ObjectOwnership") != "BucketOwnerEnforced" {
			t.Errorf("%s allows access lists", path)
		}
		if !deniesPlainHTTP(all[path+"/Policy"]) {
			t.Errorf("%s may be reached without TLS", path)
		}
	}
	for _, path := range []string{"Masters", "Announcements"} {
		if got := all[path].get("LifecycleConfiguration", "Rules", 0, "AbortIncompleteMultipartUpload", "DaysAfterInitiation"); got != 7.0 {
			t.Errorf("%s keeps parts of uploads that never end for %v days", path, got)
		}
	}
	masters := all["Masters"]
	if masters.get("VersioningConfiguration", "Status") != "Enabled" {
		t.Error("masters are not versioned")
	}
	if masters.get("NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled") != true {
		t.Error("masters send no events")
	}
}

// The masters bucket must delete old versions (of overwritten or deleted objects) only if the
// setting noncurrentDays is not 0. It must never delete a current version.
func TestOldVersionsExpireByASetting(t *testing.T) {
	for days, want := range map[int]any{0: nil, 30: 30.0} {
		c := settings.Defaults()
		c.NoncurrentDays = days
		var got any
		rules, _ := synth(t, c)["Masters"].get("LifecycleConfiguration", "Rules").([]any)
		for _, rule := range rules {
			r := resource{Properties: rule.(map[string]any)}
			if r.get("ExpirationInDays") != nil || r.get("Status") != "Enabled" {
				t.Errorf("%d days: %v", days, rule)
			}
			if after := r.get("NoncurrentVersionExpiration", "NoncurrentDays"); after != nil {
				got = after
				if r.get("ExpiredObjectDeleteMarker") != true {
					t.Errorf("%d days: delete markers stay: %v", days, rule)
				}
			}
		}
		if got != want {
			t.Errorf("%d days: versions go after %v, want %v", days, got, want)
		}
	}
}

func deniesPlainHTTP(policy resource) bool {
	statements, _ := policy.get("PolicyDocument", "Statement").([]any)
	return slices.ContainsFunc(statements, func(statement any) bool {
		s := resource{Properties: statement.(map[string]any)}
		everybody := s.get("Principal") == "*" || s.get("Principal", "AWS") == "*"
		return everybody && s.get("Effect") == "Deny" && s.get("Condition", "Bool", "aws:SecureTransport") == "false"
	})
}

// If the setting keep is true, resources with data must be kept when the stack is deleted and when
// an update would replace them.
func TestDataIsKeptWhenTheStackIsDeleted(t *testing.T) {
	data := []string{"Masters", "Ledger", "Destinations", "Senders", "Announcements", "Fulfill/Logs", "Finish/Logs", "Index/Logs", "Intake/Logs", "Collect/Logs"}
	for keep, want := range map[bool][2]string{true: {"RetainExceptOnCreate", "Retain"}, false: {"Delete", "Delete"}} {
		c := settings.Defaults()
		c.Keep = keep
		all := synth(t, c)
		for _, path := range data {
			on := want[0]
			if path == "Ledger" {
				// Unlike the other resources, the ledger is kept even when a first deployment is
				// rolled back: CloudFormation cannot delete a table with deletion protection.
				on = want[1]
			}
			if r := all[path]; r.DeletionPolicy != on || r.UpdateReplacePolicy != want[1] {
				t.Errorf("keep %v: %s: %q on deletion, %q on replacement; want %s", keep, path, r.DeletionPolicy, r.UpdateReplacePolicy, want)
			}
		}
		_, stack := build(t, c, stubs(t))
		if got := stack.TerminationProtection(); got != nil && *got {
			t.Errorf("keep %v: CDK could not delete what a failed first deployment leaves", keep)
		}
		if got := all["Ledger"].get("DeletionProtectionEnabled"); got != keep {
			t.Errorf("keep %v: the ledger's deletion protection is %v", keep, got)
		}
		if got := all["IndexDocuments"].DeletionPolicy; got != "Delete" {
			t.Errorf("keep %v: the index, which can be made again, is left: %s", keep, got)
		}
	}
}

// tableRequest returns the CreateTable request that the ledger's own code sends.
func tableRequest(t *testing.T) map[string]any {
	t.Helper()
	var asked map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".CreateTable") {
			if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
				t.Error(err)
			}
		}
		_, _ = io.WriteString(w, `{"Table":{"TableStatus":"ACTIVE"}}`)
	}))
	defer server.Close()
	client := dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	if err := dynamostore.CreateTable(t.Context(), client, "ledger"); err != nil {
		t.Fatal(err)
	}
	return asked
}

// In tests, the ledger's own code creates the table. The stack must declare a table with the same
// keys, indexes and billing mode.
func TestLedgerIsTheTableThatItsCodeExpects(t *testing.T) {
	table, asked := synth(t, settings.Defaults())["Ledger"], tableRequest(t)
	for _, key := range []string{"KeySchema", "GlobalSecondaryIndexes", "BillingMode"} {
		if got, want := table.get(key), asked[key]; want == nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", key, got, want)
		}
	}
	got, want := sorted(table.get("AttributeDefinitions")), sorted(asked["AttributeDefinitions"])
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("attributes %q, want %q", got, want)
	}
	if table.get("TimeToLiveSpecification", "AttributeName") != "ttl" || table.get("TimeToLiveSpecification", "Enabled") != true {
		t.Error("items are not deleted by ttl")
	}
	if table.get("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
		t.Error("no point-in-time recovery")
	}
}

func sorted(value any) []string {
	texts := list(value)
	slices.Sort(texts)
	return texts
}

// No setting may change the text of a secret's value in the template, because CloudFormation would then
// overwrite the value that people have set.
func TestSecretsAreNeverOverwritten(t *testing.T) {
	other := settings.Config{
		Name: "staging", AlarmEmail: "a@example.com", MastersBucket: "acme-masters", LogDays: 1, Concurrency: 5, IntakeConcurrency: 5,
		NotifyEmail: "b@example.com", Passed: map[string]string{names.Libraries: `[{"name":"a","prefix":"a/"}]`, names.CollectBuilds: "true"},
	}
	for _, c := range []settings.Config{settings.Defaults(), other} {
		all := synth(t, c)
		for path, want := range map[string]struct{ id, value string }{"Destinations": {"Destinations598AD698", "[]"}, "Senders": {"Senders415EEC57", "{}"}} {
			secret := all[path]
			if secret.get("SecretString") != want.value || secret.get("GenerateSecretString") != nil {
				t.Errorf("%s: the value of %s is %v", c.Name, path, secret.Properties)
			}
			if secret.id != want.id {
				t.Errorf("%s: the logical id of %s is %s: a deployment would replace the secret", c.Name, path, secret.id)
			}
		}
	}
}

// An announcement must be stored for longer than a message that contains its key can stay in the
// queue.
func TestAnnouncementsOutliveTheirMessages(t *testing.T) {
	all := synth(t, settings.Defaults())
	days, _ := all["Announcements"].get("LifecycleConfiguration", "Rules", 0, "ExpirationInDays").(float64)
	if life := all["CollectQueue"].get("MessageRetentionPeriod"); days != 90 || days*24*3600 <= life.(float64) {
		t.Errorf("announcements are kept for %v days, their messages for %v s", days, life)
	}
}
