package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	"masterhand/infra/settings"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The golden file must list every resource of the stack. Its diff shows which resources a change of the code
// adds to an account or removes from it.
func TestTheSummaryListsEveryResource(t *testing.T) {
	all := synth(t, settings.Defaults())
	var out strings.Builder
	for _, path := range slices.Sorted(maps.Keys(all)) {
		r := all[path]
		fmt.Fprintf(&out, "%-32s %s", r.Type, path)
		if r.DeletionPolicy != "" {
			fmt.Fprintf(&out, " (%s)", strings.ToLower(r.DeletionPolicy))
		}
		out.WriteByte('\n')
	}
	golden := filepath.Join("testdata", "summary.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the stack has changed; go test ./infra -update if it should:\n%s", difference(string(want), out.String()))
	}
}

// difference returns the lines that only one of the two texts has.
func difference(before, after string) string {
	var out strings.Builder
	mark := func(sign, text, other string) {
		lines := strings.Split(other, "\n")
		for line := range strings.SplitSeq(text, "\n") {
			if !slices.Contains(lines, line) {
				fmt.Fprintln(&out, sign, line)
			}
		}
	}
	mark("-", before, after)
	mark("+", after, before)
	return out.String()
}

func TestTheSameInputGivesTheSameTemplate(t *testing.T) {
	dist := stubs(t)
	var files [2][]byte
	for i := range files {
		app, stack := build(t, settings.Defaults(), dist)
		files[i] = file(t, app, stack)
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Errorf("two templates differ:\n%s", difference(string(files[0]), string(files[1])))
	}
}

func TestOnlyAChangedFunctionIsDeployedAgain(t *testing.T) {
	dist := stubs(t)
	versions := func() map[string]string {
		app, stack := build(t, withDoors(), dist)
		all := parse(t, file(t, app, stack), withDoors().StackName())
		ids := map[string]string{}
		for _, path := range all.of("AWS::Lambda::Version") {
			ids[path] = all[path].id
		}
		return ids
	}
	before := versions()
	stub(t, dist, "index", "another program")
	after := versions()
	for path, id := range before {
		changed := after[path] != id
		if want := strings.HasPrefix(path, "Index/"); changed != want {
			t.Errorf("%s: deployed again: %v, want %v", path, changed, want)
		}
	}
	if len(before) != len(programs) {
		t.Errorf("%d versions of %d functions", len(before), len(programs))
	}
}

// lint runs CDK's CloudFormation linter on a stack. If there are findings, CDK panics with them;
// lint recovers from the panic and returns them. Otherwise lint returns nil.
func lint(stack awscdk.Stack) (complaint any) {
	defer func() { complaint = recover() }()
	assertions.Template_FromStack(stack, nil)
	return nil
}

func TestTheLinterFindsNothing(t *testing.T) {
	_, stack := build(t, settings.Defaults(), stubs(t))
	if complaint := lint(stack); complaint != nil {
		t.Errorf("the linter complains: %v", complaint)
	}
	_, stack = build(t, settings.Defaults(), stubs(t))
	awslambda.NewCfnFunction(stack, new("Bad"), &awslambda.CfnFunctionProps{
		Code: &awslambda.CfnFunction_CodeProperty{ZipFile: new("x")}, Role: new("no-arn"), Runtime: new("cobol74"), MemorySize: new(1.0),
	})
	if lint(stack) == nil {
		t.Error("the linter takes a runtime that does not exist")
	}
}

func TestEnvironmentsLiveSideBySide(t *testing.T) {
	first, second := settings.Defaults(), settings.Defaults()
	second.Name = "staging"
	named := map[string]bool{}
	for _, c := range []settings.Config{first, second} {
		for path, r := range synth(t, c) {
			for _, key := range []string{"BucketName", "TableName", "QueueName", "FunctionName", "RoleName", "AlarmName", "DashboardName", "TopicName", "LogGroupName"} {
				name, told := r.Properties[key].(string)
				if !told || strings.HasPrefix(r.Type, "AWS::Lambda::") && key == "FunctionName" {
					continue
				}
				if named[r.Type+name] {
					t.Errorf("%s: the name %q is another's", path, name)
				}
				named[r.Type+name] = true
			}
		}
	}
	if len(named) == 0 {
		t.Error("no names seen")
	}
}

// The stack must have the outputs by which the operator's commands find a deployment's resources.
func TestTheStackHasTheOutputsThatCommandsRead(t *testing.T) {
	app, stack := build(t, settings.Defaults(), stubs(t))
	got := outputNames(t, file(t, app, stack))
	want := []string{
		"AlarmTopic", "CollectDeadLettersUrl", "CollectLogs", "CollectQueueUrl", "DestinationsSecret",
		"FinishDeadLettersUrl", "FinishLogs", "FinishQueueUrl", "FulfillLogs", "IndexBucket",
		"IndexDeadLettersUrl", "IndexLogs", "IndexQueueUrl", "IntakeBucket", "IntakeLogs", "IntakeSecret", "IntakeUrl",
		"LedgerTable", "MastersBucket", "NoticeTopic",
		"ReindexDeadLettersUrl", "ReindexQueueUrl", "Settings", "Url", "WidgetLogs",
	}
	if !slices.Equal(got, want) {
		t.Errorf("outputs %q, want %q", got, want)
	}
}

// CDK must add no Lambda function of its own to the account.
func TestTheStackHasOnlyOurFunctions(t *testing.T) {
	all := synth(t, withDoors())
	var want []string
	for _, p := range programs {
		want = append(want, p.title()+"/Function")
	}
	slices.Sort(want)
	if got := all.of("AWS::Lambda::Function"); !slices.Equal(got, want) {
		t.Errorf("functions %q, want %q", got, want)
	}
	for path, r := range all {
		if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
			t.Errorf("%s is a custom resource", path)
		}
	}
}
