package main

//lint:file-ignore SA1019 The assertions still return the type that has moved.

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"masterhand/shared/kit/names"
)

// accepted lists the findings of cdk-nag that we accept, each with the reason.
var accepted = []struct{ path, rule, reason string }{
	{`^(Masters|IndexDocuments|Announcements|DoorObjects)$`, `^S1$`,
		"The ledger and the functions' logs tell who read what; access logs would need a bucket of their own, " +
			"and CloudTrail's data events serve an account that wants them."},
	{`^(Destinations|Senders)$`, `^SMG4$`,
		"The secrets are the other side's: it makes them, and a rotation begins there. Several are valid at a time meanwhile."},
	{`^((Fulfill|Finish|Index|Intake|Collect|Receive|Widget)/Role|DoorBucketSender)/DefaultPolicy$`, `^IAM5\[Resource::<(Masters|IndexDocuments|Announcements|DoorObjects)[0-9A-F]+\.Arn>/(raw/|summary/)?\*\]$`,
		"A function works on all objects of its buckets, whose keys nobody knows beforehand; the actions are written out."},
}

type naggedAt struct{ path, rule string }

var ruleAt = regexp.MustCompile(`^AwsSolutions-([A-Z0-9]+(\[.*?\])?): `)

// nag returns the findings of cdk-nag in a stack.
func nag(t *testing.T, stack awscdk.Stack) []naggedAt {
	t.Helper()
	awscdk.Aspects_Of(stack).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{}), nil)
	annotations, anything := assertions.Annotations_FromStack(stack), assertions.Match_AnyValue()
	var found []naggedAt
	for _, message := range append(*annotations.FindError(new("*"), anything), *annotations.FindWarning(new("*"), anything)...) {
		text := fmt.Sprint(message.Entry.Data)
		m := ruleAt.FindStringSubmatch(text)
		if m == nil {
			t.Errorf("%s: %s", *message.Id, text)
			continue
		}
		path := strings.TrimPrefix(*message.Id, "/"+*stack.StackName()+"/")
		found = append(found, naggedAt{strings.TrimSuffix(path, "/Resource"), m[1]})
	}
	return found
}

// unexplained returns the findings that the table accepted does not list, and the entries of the
// table that match no finding.
func unexplained(found []naggedAt) (open []naggedAt, stale []string) {
	used := make([]bool, len(accepted))
	for _, f := range found {
		explained := false
		for i, entry := range accepted {
			if regexp.MustCompile(entry.path).MatchString(f.path) && regexp.MustCompile(entry.rule).MatchString(f.rule) {
				explained, used[i] = true, true
			}
		}
		if !explained {
			open = append(open, f)
		}
	}
	for i, entry := range accepted {
		if !used[i] {
			stale = append(stale, entry.path+" "+entry.rule)
		}
	}
	return open, stale
}

func TestEveryFindingOfCDKNagIsAccepted(t *testing.T) {
	c := withDoors()
	c.Passed[names.Libraries] = `[{"name":"default","prefix":"","codes":["HRT-####"]}]`
	// If this flag were true, CDK would report the findings as errors and end before the test could
	// list them.
	_, stack := buildOf(t, c, binaries{stubs(t), "arm64"}, map[string]any{"@aws-cdk/core:failSynthOnValidationErrors": false})
	open, stale := unexplained(nag(t, stack))
	for _, f := range open {
		t.Errorf("%s breaks AwsSolutions-%s", f.path, f.rule)
	}
	for _, entry := range stale {
		t.Errorf("accepted, and not found any more: %s", entry)
	}
	for _, entry := range accepted {
		if len(entry.reason) < 40 {
			t.Errorf("%s %s is accepted without a reason", entry.path, entry.rule)
		}
	}
}

func TestFindingsThatAreNotAcceptedAreReported(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: new(t.TempDir())})
	stack := awscdk.NewStack(app, new("masterhand-bad"), nil)
	awss3.NewBucket(stack, new("Open"), nil)
	open, stale := unexplained(nag(t, stack))
	if len(open) == 0 || len(stale) != len(accepted) {
		t.Errorf("an open bucket: %v; stale: %d of %d", open, len(stale), len(accepted))
	}
}
