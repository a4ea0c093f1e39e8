package main

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// permission is one line of the table permissions: the function may do the action on the resource.
type permission struct{ function, action, resource string }

// permissions lists all permissions of the functions. Each permission must be necessary for a call in the
// function's program, or for Lambda's event source mapping.
var permissions = []permission{
	{"fulfill", "dynamodb:GetItem", "Ledger.Arn"},
	{"fulfill", "dynamodb:PutItem", "Ledger.Arn"},
	{"fulfill", "dynamodb:Query", "Ledger.Arn/index/slot"},
	{"fulfill", "logs:CreateLogStream", "Fulfill/Logs.Arn"},
	{"fulfill", "logs:PutLogEvents", "Fulfill/Logs.Arn"},
	{"fulfill", "s3:GetObject", "IndexDocuments.Arn/*"},
	{"fulfill", "s3:GetObject", "Masters.Arn/*"},
	{"fulfill", "s3:GetObjectTagging", "Masters.Arn/*"},
	{"fulfill", "s3:GetObjectVersion", "Masters.Arn/*"},
	{"fulfill", "s3:GetObjectVersionTagging", "Masters.Arn/*"},
	{"fulfill", "s3:ListBucket", "IndexDocuments.Arn"},
	{"fulfill", "s3:ListBucket", "Masters.Arn"},
	{"fulfill", "s3:PutObject", "IndexDocuments.Arn/*"},
	{"fulfill", "secretsmanager:GetSecretValue", "Destinations"},
	{"fulfill", "sqs:GetQueueAttributes", "IndexDeadLetters.Arn"},
	{"fulfill", "sqs:GetQueueAttributes", "IndexQueue.Arn"},
	{"fulfill", "sqs:SendMessage", "FinishQueue.Arn"},

	{"receive", "dynamodb:GetItem", "Ledger.Arn"},
	{"receive", "dynamodb:PutItem", "Ledger.Arn"},
	{"receive", "dynamodb:Query", "Ledger.Arn/index/slot"},
	{"receive", "logs:CreateLogStream", "Receive/Logs.Arn"},
	{"receive", "logs:PutLogEvents", "Receive/Logs.Arn"},
	{"receive", "s3:GetObject", "DoorObjects.Arn/*"},
	{"receive", "s3:GetObject", "IndexDocuments.Arn/*"},
	{"receive", "s3:GetObject", "Masters.Arn/*"},
	{"receive", "s3:GetObjectTagging", "Masters.Arn/*"},
	{"receive", "s3:GetObjectVersion", "DoorObjects.Arn/*"},
	{"receive", "s3:GetObjectVersion", "Masters.Arn/*"},
	{"receive", "s3:GetObjectVersionTagging", "Masters.Arn/*"},
	{"receive", "s3:ListBucket", "DoorObjects.Arn"},
	{"receive", "s3:ListBucket", "IndexDocuments.Arn"},
	{"receive", "s3:ListBucket", "Masters.Arn"},
	{"receive", "s3:PutObject", "IndexDocuments.Arn/*"},
	{"receive", "secretsmanager:GetSecretValue", "Destinations"},
	{"receive", "sqs:ChangeMessageVisibility", "DoorEventsQueue.Arn"},
	{"receive", "sqs:ChangeMessageVisibility", "DoorQueue.Arn"},
	{"receive", "sqs:DeleteMessage", "DoorEventsQueue.Arn"},
	{"receive", "sqs:DeleteMessage", "DoorQueue.Arn"},
	{"receive", "sqs:GetQueueAttributes", "DoorEventsQueue.Arn"},
	{"receive", "sqs:GetQueueAttributes", "DoorQueue.Arn"},
	{"receive", "sqs:GetQueueAttributes", "IndexDeadLetters.Arn"},
	{"receive", "sqs:GetQueueAttributes", "IndexQueue.Arn"},
	{"receive", "sqs:ReceiveMessage", "DoorEventsQueue.Arn"},
	{"receive", "sqs:ReceiveMessage", "DoorQueue.Arn"},

	{"finish", "dynamodb:GetItem", "Ledger.Arn"},
	{"finish", "dynamodb:PutItem", "Ledger.Arn"},
	{"finish", "dynamodb:Query", "Ledger.Arn/index/open"},
	{"finish", "logs:CreateLogStream", "Finish/Logs.Arn"},
	{"finish", "logs:PutLogEvents", "Finish/Logs.Arn"},
	{"finish", "s3:GetObject", "IndexDocuments.Arn/*"},
	{"finish", "s3:GetObject", "Masters.Arn/*"},
	{"finish", "s3:GetObjectTagging", "Masters.Arn/*"},
	{"finish", "s3:GetObjectVersion", "Masters.Arn/*"},
	{"finish", "s3:GetObjectVersionTagging", "Masters.Arn/*"},
	{"finish", "s3:ListBucket", "IndexDocuments.Arn"},
	{"finish", "s3:ListBucket", "Masters.Arn"},
	{"finish", "s3:PutObject", "IndexDocuments.Arn/*"},
	{"finish", "secretsmanager:GetSecretValue", "Destinations"},
	{"finish", "sqs:ChangeMessageVisibility", "FinishQueue.Arn"},
	{"finish", "sqs:DeleteMessage", "FinishQueue.Arn"},
	{"finish", "sqs:GetQueueAttributes", "FinishQueue.Arn"},
	{"finish", "sqs:GetQueueAttributes", "IndexDeadLetters.Arn"},
	{"finish", "sqs:GetQueueAttributes", "IndexQueue.Arn"},
	{"finish", "sqs:ReceiveMessage", "FinishQueue.Arn"},

	{"index", "logs:CreateLogStream", "Index/Logs.Arn"},
	{"index", "logs:PutLogEvents", "Index/Logs.Arn"},
	{"index", "s3:GetObject", "IndexDocuments.Arn/*"},
	{"index", "s3:GetObject", "Masters.Arn/*"},
	{"index", "s3:GetObjectTagging", "Masters.Arn/*"},
	{"index", "s3:GetObjectVersion", "Masters.Arn/*"},
	{"index", "s3:GetObjectVersionTagging", "Masters.Arn/*"},
	{"index", "s3:ListBucket", "IndexDocuments.Arn"},
	{"index", "s3:ListBucket", "Masters.Arn"},
	{"index", "s3:PutObject", "IndexDocuments.Arn/*"},
	{"index", "sqs:ChangeMessageVisibility", "IndexQueue.Arn"},
	{"index", "sqs:DeleteMessage", "IndexQueue.Arn"},
	{"index", "sqs:GetQueueAttributes", "IndexQueue.Arn"},
	{"index", "sqs:ReceiveMessage", "IndexQueue.Arn"},
	{"index", "sqs:ChangeMessageVisibility", "ReindexQueue.Arn"},
	{"index", "sqs:DeleteMessage", "ReindexQueue.Arn"},
	{"index", "sqs:GetQueueAttributes", "ReindexQueue.Arn"},
	{"index", "sqs:ReceiveMessage", "ReindexQueue.Arn"},
	{"index", "sqs:SendMessage", "ReindexQueue.Arn"},

	{"intake", "logs:CreateLogStream", "Intake/Logs.Arn"},
	{"intake", "logs:PutLogEvents", "Intake/Logs.Arn"},
	{"intake", "s3:PutObject", "Announcements.Arn/raw/*"},
	{"intake", "secretsmanager:GetSecretValue", "Senders"},
	{"intake", "sqs:SendMessage", "CollectQueue.Arn"},

	{"collect", "dynamodb:GetItem", "Ledger.Arn"},
	{"collect", "dynamodb:PutItem", "Ledger.Arn"},
	{"collect", "logs:CreateLogStream", "Collect/Logs.Arn"},
	{"collect", "logs:PutLogEvents", "Collect/Logs.Arn"},
	{"collect", "s3:AbortMultipartUpload", "Masters.Arn/*"},
	{"collect", "s3:GetObject", "Announcements.Arn/raw/*"},
	{"collect", "s3:GetObject", "Masters.Arn/*"},
	{"collect", "s3:ListBucket", "Announcements.Arn"},
	{"collect", "s3:ListBucket", "Masters.Arn"},
	{"collect", "s3:ListMultipartUploadParts", "Masters.Arn/*"},
	{"collect", "s3:PutObject", "Announcements.Arn/raw/*"},
	{"collect", "s3:PutObject", "Masters.Arn/*"},
	{"collect", "s3:PutObjectTagging", "Masters.Arn/*"},
	{"collect", "sns:Publish", "Notices"},
	{"collect", "sqs:ChangeMessageVisibility", "CollectQueue.Arn"},
	{"collect", "sqs:DeleteMessage", "CollectQueue.Arn"},
	{"collect", "sqs:GetQueueAttributes", "CollectQueue.Arn"},
	{"collect", "sqs:ReceiveMessage", "CollectQueue.Arn"},
	{"collect", "sqs:SendMessage", "CollectQueue.Arn"},

	{"widget", "dynamodb:BatchGetItem", "Ledger.Arn"},
	{"widget", "dynamodb:Query", "Ledger.Arn/index/day"},
	{"widget", "logs:CreateLogStream", "Widget/Logs.Arn"},
	{"widget", "logs:PutLogEvents", "Widget/Logs.Arn"},
	{"widget", "s3:GetObject", "IndexDocuments.Arn/summary/*"},
	{"widget", "s3:ListBucket", "IndexDocuments.Arn"},
}

func deployedHere(name string) bool {
	return slices.ContainsFunc(programs, func(p program) bool { return p.name == name })
}

// granted returns the permissions of the functions' roles in a template.
func granted(t *testing.T, all template) map[permission]bool {
	t.Helper()
	found := map[permission]bool{}
	for _, path := range all.of("AWS::IAM::Policy") {
		if all[path].get("Users") != nil {
			// skipped: this policy belongs to an IAM user and not to a function;
			// TestSendersMayDoOneThing checks it
			continue
		}
		function := strings.ToLower(strings.TrimSuffix(path, "/Role/DefaultPolicy"))
		if roles := list(all[path].get("Roles")); !deployedHere(function) || len(roles) != 1 || !strings.EqualFold(roles[0], function+"/Role") {
			t.Errorf("%s is the policy of %q", path, roles)
		}
		for _, statement := range all[path].get("PolicyDocument", "Statement").([]any) {
			s := resource{Properties: statement.(map[string]any)}
			if s.get("Effect") != "Allow" || s.get("NotAction") != nil || s.get("NotResource") != nil {
				t.Errorf("%s has a statement that does not simply allow: %v", path, statement)
			}
			for _, action := range list(s.get("Action")) {
				for _, on := range list(s.get("Resource")) {
					found[permission{function, action, on}] = true
				}
			}
		}
	}
	return found
}

func TestFunctionsMayDoWhatTheTableSaysAndNoMore(t *testing.T) {
	all := synth(t, withDoors())
	found := granted(t, all)
	for _, p := range permissions {
		if !found[p] {
			t.Errorf("%s may not %s on %s", p.function, p.action, p.resource)
		}
		delete(found, p)
	}
	for p := range found {
		t.Errorf("%s may %s on %s, which the table does not say", p.function, p.action, p.resource)
	}
	for _, path := range all.of("AWS::IAM::Role") {
		managed := list(all[path].get("ManagedPolicyArns"))
		if len(managed) > 0 || all[path].get("Policies") != nil {
			t.Errorf("%s has other policies: %q", path, managed)
		}
	}
}

func TestNoActionsByWildcard(t *testing.T) {
	for path, r := range synth(t, withDoors()) {
		document, _ := r.get("PolicyDocument", "Statement").([]any)
		for _, statement := range document {
			s := resource{Properties: statement.(map[string]any)}
			for _, action := range list(s.get("Action")) {
				if strings.Contains(action, "*") && s.get("Effect") != "Deny" {
					t.Errorf("%s allows %s", path, action)
				}
			}
		}
	}
}

func TestAnExistingBucketIsReadWithItsKey(t *testing.T) {
	c := settings.Defaults()
	c.MastersBucket, c.MastersKeyARN = "acme-masters", "arn:aws:kms:eu-central-1:123456789012:key/0"
	all := synth(t, c)
	found := granted(t, all)
	for _, f := range []string{"fulfill", "finish", "index", "collect"} {
		wanted := []permission{
			{f, "kms:Decrypt", c.MastersKeyARN},
			{f, "s3:GetObject", "arn:AWS::Partition:s3:::acme-masters/*"},
			{f, "s3:ListBucket", "arn:AWS::Partition:s3:::acme-masters"},
		}
		if f == "collect" {
			wanted = append(wanted, permission{f, "kms:GenerateDataKey", c.MastersKeyARN}, permission{f, "s3:PutObject", "arn:AWS::Partition:s3:::acme-masters/*"})
		}
		for _, p := range wanted {
			if !found[p] {
				t.Errorf("%s may not %s on %s", p.function, p.action, p.resource)
			}
		}
	}
	if buckets := all.of("AWS::S3::Bucket"); !slices.Equal(buckets, []string{"Announcements", "IndexDocuments"}) {
		t.Errorf("buckets %q, want no new one for masters", buckets)
	}
	if got := list(all["ObjectEvents"].get("EventPattern", "detail", "bucket", "name")); !slices.Equal(got, []string{"acme-masters"}) {
		t.Errorf("events of %q", got)
	}
}

// needs maps calls of the SDK to the IAM actions that they need. A call that is not listed needs
// exactly the action of its own name. A call that can name an object's version needs two actions:
// the one for versions and the one without versions.
var needs = map[string][]string{
	"s3:HeadObject":        {"s3:GetObject", "s3:ListBucket"},
	"s3:GetObject":         {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"},
	"s3:GetObjectTagging":  {"s3:GetObjectTagging", "s3:GetObjectVersionTagging"},
	"s3:ListObjectsV2":     {"s3:ListBucket"},
	"sqs:SendMessageBatch": {"sqs:SendMessage"},
	// A multipart upload needs the same action as the upload of a whole object. Its first call,
	// CreateMultipartUpload, also sets the tags, which needs another action.
	"s3:CreateMultipartUpload":   {"s3:PutObject", "s3:PutObjectTagging"},
	"s3:UploadPart":              {"s3:PutObject"},
	"s3:CompleteMultipartUpload": {"s3:PutObject"},
	"s3:ListParts":               {"s3:ListMultipartUploadParts"},
	// These calls need no permission: the SDK contains them for S3 Express and for endpoint
	// discovery, but the functions do not use these features.
	"s3:CreateSession": {}, "dynamodb:DescribeEndpoints": {},
}

// ofLambda reports whether the Lambda service itself does an action. For such an action, Lambda
// uses the permissions of the function's role.
func ofLambda(action string) bool {
	return strings.HasPrefix(action, "logs:") ||
		slices.Contains([]string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"}, action)
}

// indexed maps the methods of the ledger's store to the table's index that they query.
var indexed = map[string]string{"BySlot": bySlot, "ByDay": byDay, "Overdue": open}

var storeMethod = regexp.MustCompile(`dynamostore\.Store\.([A-Z][A-Za-z]+)$`)

var sdkMethod = regexp.MustCompile(`aws-sdk-go-v2/service/([a-z0-9]+)\.\(\*Client\)\.([A-Z][A-Za-z0-9]+)$`)

// calls returns the SDK operations in a function's program, and the indexes of the ledger's table that the
// program queries. The program contains only what it can call, because the linker leaves out all
// other code.
func calls(ctx context.Context, t *testing.T, function string) (operations, indexes []string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), function)
	build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-o", binary, "../functions/"+function)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", function, err, out)
	}
	symbols, err := exec.CommandContext(ctx, "go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatalf("reading the symbols of %s: %v", function, err)
	}
	found := map[string]bool{}
	for line := range strings.SplitSeq(string(symbols), "\n") {
		if m := sdkMethod.FindStringSubmatch(line); m != nil && m[2] != "Options" {
			found[m[1]+":"+m[2]] = true
		}
		if m := storeMethod.FindStringSubmatch(line); m != nil && indexed[m[1]] != "" {
			indexes = append(indexes, indexed[m[1]])
		}
	}
	return slices.Sorted(maps.Keys(found)), indexes
}

func TestTheWidgetMayOnlyRead(t *testing.T) {
	t.Parallel()
	for _, p := range permissions {
		_, verb, _ := strings.Cut(p.action, ":")
		reads := slices.ContainsFunc([]string{"Get", "List", "Query", "BatchGet"}, func(start string) bool { return strings.HasPrefix(verb, start) })
		if p.function == "widget" && !reads && !strings.HasPrefix(p.action, "logs:") {
			t.Errorf("the widget may %s", p.action)
		}
	}
}

func TestEveryCallIsPermittedAndEveryPermissionNeeded(t *testing.T) {
	t.Parallel()
	for _, f := range programs {
		function := f.name
		may := map[string]bool{}
		for _, p := range permissions {
			may[p.action] = may[p.action] || p.function == function
		}
		needed := map[string]bool{}
		made, indexes := calls(t.Context(), t, function)
		for index := range maps.Values(indexed) {
			asks, may := slices.Contains(indexes, index), slices.Contains(permissions, permission{function, "dynamodb:Query", "Ledger.Arn/index/" + index})
			if asks != may {
				t.Errorf("%s asks the index %s: %v; and may: %v", function, index, asks, may)
			}
		}
		for _, call := range made {
			actions, other := needs[call]
			if !other {
				actions = []string{call}
			}
			for _, action := range actions {
				if action == "s3:GetObjectVersion" && slices.Contains([]string{"collect", "widget"}, function) {
					// The functions collect and widget do not need s3:GetObjectVersion: they read
					// announcements or the index, and never name a version.
					continue
				}
				needed[action] = true
				if !may[action] {
					t.Errorf("%s calls %s without %s", function, call, action)
				}
			}
		}
		for action, given := range may {
			if given && !needed[action] && !ofLambda(action) {
				t.Errorf("%s may %s, and calls nothing that needs it: %s", function, action, fmt.Sprint(made))
			}
		}
		if len(made) < 3 {
			t.Errorf("%s seems to call only %q", function, made)
		}
	}
}
