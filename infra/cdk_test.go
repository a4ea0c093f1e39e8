package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// recommended returns the feature flags that the pinned version of CDK recommends for new projects.
func recommended(t *testing.T) (flags map[string]any) {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-cdk-go/awscdk/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "jsii", "aws-cdk-lib-*.tgz"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	archive, err := os.Open(found[0])
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if err != nil {
			t.Fatal("no recommended flags in CDK: ", err)
		}
		if header.Name == "package/recommended-feature-flags.json" {
			if err := json.NewDecoder(files).Decode(&flags); err != nil {
				t.Fatal(err)
			}
			return flags
		}
	}
}

// cdk.json must set all feature flags that CDK recommends, and no flag that CDK no longer knows.
// Another test checks that no flag makes CloudFormation replace a stateful resource.
func TestFlagsAreTheRecommendedOnes(t *testing.T) {
	data, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	want := recommended(t)
	for key, value := range want {
		if got, is := file.Context[key]; !reflect.DeepEqual(got, value) {
			t.Errorf("cdk.json has %s: %v (%v), recommended is %v", key, got, is, value)
		}
	}
	for key := range file.Context {
		if _, is := want[key]; !is {
			t.Errorf("cdk.json has %s, which is not recommended", key)
		}
	}
}

// inContext makes the default stack with additional context for CDK, and returns the template.
func inContext(t *testing.T, more map[string]any) []byte {
	t.Helper()
	app, stack := buildOf(t, settings.Defaults(), binaries{stubs(t), "arm64"}, more)
	return file(t, app, stack)
}

// A permissions boundary must bound every role, whether cdk.json or the flag -c sets the boundary.
func TestAPermissionsBoundaryBoundsEveryRole(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:policy/limits"
	for name, c := range map[string]struct {
		set  any
		want string
	}{
		"cdk.json":      {map[string]any{"name": "limits"}, "arn:AWS::Partition:iam::AWS::AccountId:policy/limits"},
		"-c":            {`{"name":"limits"}`, "arn:AWS::Partition:iam::AWS::AccountId:policy/limits"},
		"-c, an ARN":    {`{"arn":"` + arn + `"}`, arn},
		"the bootstrap": {`{"name":"cdk-${Qualifier}-limits"}`, "arn:AWS::Partition:iam::AWS::AccountId:policy/cdk-hnb659fds-limits"},
		"none":          {nil, ""},
	} {
		more := map[string]any{boundaryKey: c.set}
		if c.set == nil {
			more = nil
		}
		all := parse(t, inContext(t, more), settings.Defaults().StackName())
		roles := all.of("AWS::IAM::Role")
		if len(roles) == 0 {
			t.Error("no roles")
		}
		for _, path := range roles {
			if got, _ := all[path].get("PermissionsBoundary").(string); got != c.want {
				t.Errorf("%s: %s has the boundary %q, want %q", name, path, got, c.want)
			}
		}
	}
	for _, wrong := range []any{"limits", "{}", `{"name":"a","arn":"b"}`, map[string]any{"policy": "limits"}, true} {
		if _, err := boundary(wrong); err == nil {
			t.Errorf("the boundary %v is taken", wrong)
		}
	}
}

// An account may be bootstrapped with its own qualifier. The deployment must use that qualifier.
func TestTheBootstrapQualifierIsUsed(t *testing.T) {
	var written struct {
		Parameters map[string]struct{ Default string }
	}
	if err := json.Unmarshal(inContext(t, map[string]any{"@aws-cdk/core:bootstrapQualifier": "acme"}), &written); err != nil {
		t.Fatal(err)
	}
	if got := written.Parameters["BootstrapVersion"].Default; got != "/cdk-bootstrap/acme/version" {
		t.Errorf("the bootstrap is looked for at %q", got)
	}
}
