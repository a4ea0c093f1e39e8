package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// template returns the template of a stack whose masters bucket has the given deletion policy. If
// policy is "", the template has no masters bucket, as if the bucket had existed before the stack.
func template(policy string) string {
	masters := fmt.Sprintf(`,"Masters7A3C":{"Type":"AWS::S3::Bucket","DeletionPolicy":%q}`, policy)
	if policy == "" {
		masters = ""
	}
	return `{"Resources":{"MastersPolicy1":{"Type":"AWS::S3::BucketPolicy"},"IndexDocuments9":{"Type":"AWS::S3::Bucket","DeletionPolicy":"Delete"}` + masters + `}}`
}

var versions = []string{"a@1", "-a@2", "b@1", "c@1", "c@2", "c@3", "-d@1"}

func TestDestroy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy, typed string
		code          int
		says          string
		index, films  int // numbers of object versions that must be left in the index bucket and in the masters bucket
	}{
		"all, typed":           {"Delete", "production\nfilms\n", 0, "npx cdk destroy -c name=production -c keep=false", 0, 0},
		"all, not typed":       {"Delete", "production\nyes\n", 1, "nothing was changed", 7, 7},
		"all, only by half":    {"Delete", "production\n", 1, "nothing was changed", 7, 7},
		"kept":                 {"Retain", "production\nfilms\n", 0, "bucket films with the masters is kept", 0, 7},
		"kept but when new":    {"RetainExceptOnCreate", "production\nfilms\n", 0, "is kept", 0, 7},
		"there before":         {"", "production\nfilms\n", 0, "bucket films with the masters is kept", 0, 7},
		"nothing typed":        {"Delete", "", 1, "nothing was changed", 7, 7},
		"something else typed": {"Delete", "films\nfilms\n", 1, "nothing was changed", 7, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.template, a.protected = template(c.policy), true
			index, films := &bucket{versions: slices.Clone(versions)}, &bucket{versions: slices.Clone(versions)}
			a.buckets = map[string]*bucket{"documents": index, "films": films}
			a.run(operator{input: c.typed}, "destroy").expect(t, c.code, c.says)
			if a.protected != (c.code != 0) {
				t.Errorf("the stack is protected: %v", a.protected)
			}
			if len(index.versions) != c.index || len(films.versions) != c.films {
				t.Errorf("left in the index %v, of the masters %v", index.versions, films.versions)
			}
		})
	}
}

// The command "destroy" turns the EventBridge rules off before it empties the index, because a
// schedule or an object event would make a function write to the index again. It also reports that
// the functions' URLs are deleted with the stack.
func TestDestroyTurnsTheRulesOffFirst(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.template, a.rules = template("Delete"), map[string]bool{"stack-LookAfter-1": true, "stack-ObjectEvents-2": true}
	for _, b := range []string{"films", "documents"} {
		a.buckets[b].versions = slices.Clone(versions)
		a.buckets[b].deleting = func() {
			if a.rules["stack-LookAfter-1"] || a.rules["stack-ObjectEvents-2"] {
				t.Errorf("bucket %s is emptied while the rules are on: %v", b, a.rules)
			}
		}
	}
	a.run(operator{input: "production\n"}, "destroy").expect(t, 1, "nothing was changed")
	if !a.rules["stack-LookAfter-1"] {
		t.Error("a rule was turned off without a confirmation")
	}
	a.buckets["films"].locked = "c@2"
	a.run(operator{input: "production\nfilms\n"}, "destroy").expect(t, 1, "could not be deleted")
	if !a.rules["stack-LookAfter-1"] || !a.rules["stack-ObjectEvents-2"] {
		t.Errorf("after an error the rules are %v", a.rules)
	}
	a.buckets["films"].locked = ""
	a.run(operator{input: "production\nfilms\n"}, "destroy").expect(t, 0, "now run", "The functions' URLs are deleted with the stack",
		"aws events enable-rule --name stack-LookAfter-1 --region eu-central-1")
	if a.rules["stack-LookAfter-1"] || a.rules["stack-ObjectEvents-2"] {
		t.Errorf("the rules are on: %v", a.rules)
	}
}

func TestDestroyStopsAtAnError(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.template, a.protected = template("Delete"), true
	a.buckets["films"].versions, a.buckets["films"].locked = slices.Clone(versions), "c@2"
	a.buckets["documents"].versions = slices.Clone(versions)
	got := a.run(operator{input: "production\nfilms\n"}, "destroy")
	got.expect(t, 1, "bucket films: 5 versions deleted", "could not be deleted: c: AccessDenied")
	if len(a.buckets["documents"].versions) != len(versions) {
		t.Error("the index was emptied after an error")
	}
	if a.asks > 0 {
		t.Error("the stack's protection was changed after an error")
	}
	a.template = "no JSON"
	a.run(operator{input: "production\nfilms\n"}, "destroy").expect(t, 1, "template cannot be read")
	a.run(operator{}, "destroy", "films").expect(t, 2, "expected no arguments")
}

// If the stack has no termination protection, the command "destroy" does not call the API that
// removes it.
func TestDestroyOfAnUnprotectedStackChangesNoProtection(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.template = template("Delete")
	a.run(operator{input: "production\nfilms\n"}, "destroy").expect(t, 0, "now run")
	if a.asks > 0 {
		t.Errorf("asked %d times for another protection", a.asks)
	}
}

// The command "destroy" keeps the bucket with announcements if the bucket's deletion policy says so.
// Otherwise it empties the bucket, but only after the operator has typed the bucket's name.
func TestDestroyEmptiesAnnouncementsOnlyIfTheirNameIsTyped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		masters, policy, typed string
		code                   int
		says                   string
		left                   int
	}{
		"both, typed":           {"Delete", "Delete", "production\nfilms\nevents\n", 0, "-c keep=false", 0},
		"only the masters":      {"Delete", "Delete", "production\nfilms\n", 1, "ALL ANNOUNCEMENTS in bucket events", 7},
		"kept":                  {"Retain", "Retain", "production\n", 0, "bucket events with the announcements is kept", 7},
		"masters' is not ours":  {"", "Delete", "production\nevents\n", 0, "-c keep=false", 0},
		"typed the masters' as": {"", "Delete", "production\nfilms\n", 1, "nothing was changed", 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.outputs["IntakeBucket"] = "events"
			a.template = strings.Replace(template(c.masters), `"IndexDocuments9"`,
				fmt.Sprintf(`"Announcements5":{"Type":"AWS::S3::Bucket","DeletionPolicy":%q},"IndexDocuments9"`, c.policy), 1)
			events, films := &bucket{versions: slices.Clone(versions)}, &bucket{versions: slices.Clone(versions)}
			a.buckets = map[string]*bucket{"documents": {}, "films": films, "events": events}
			a.run(operator{input: c.typed}, "destroy").expect(t, c.code, c.says)
			if len(events.versions) != c.left || (len(films.versions) == 0) != (c.masters == "Delete" && c.code == 0) {
				t.Errorf("left of the events %v, of the masters %v", events.versions, films.versions)
			}
		})
	}
}

// A stack whose first deployment failed has no outputs. CDK deletes such a stack before the next
// deployment, unless the stack has termination protection.
func TestDestroyAfterAFailedFirstDeployment(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.status, a.protected, a.outputs = status, true, map[string]string{}
			a.functions, a.leftOver = nil, map[string]string{"AWS::DynamoDB::Table": "Ledger-1A2B"}
			a.run(operator{}, "smoke").expect(t, 1, "first deployment failed")
			a.run(operator{}, "destroy").expect(t, 0, "left over: AWS::DynamoDB::Table Ledger-1A2B", "npx cdk deploy -c name=production")
			if a.protected {
				t.Error("the stack is still protected")
			}
		})
	}
}
