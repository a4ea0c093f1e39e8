// Package shared_test tests in which directions packages may depend on each other.
package shared_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "masterhand/"

// adapters are the packages that may import the AWS SDK. An adapter must not import another
// adapter. Exception: an adapter outside shared/kit may import an adapter in shared/kit.
var adapters = []string{
	"shared/kit/awsclient", "shared/kit/awsclient/dynamoclient", "shared/kit/awsclient/s3client",
	"shared/kit/awsclient/secretsclient", "shared/kit/awsclient/snsclient", "shared/kit/awsclient/sqsclient",
	"shared/kit/secret/secretsource", "shared/kit/bootstrap", "shared/kit/functionurl",
	"shared/kit/sqsqueue", "shared/kit/dynamotable", "shared/kit/listing",
	"shared/request/ledger/dynamostore", "shared/request/doors/s3objects", "shared/library/masters/s3store",
	"shared/announcements/intake/s3records", "shared/announcements/timeline/dynamostore",
	"shared/announcements/collect/s3upload", "shared/announcements/collect/snsnotice",
}

// compositions are the packages that create adapters for the packages that need them. They may
// therefore import both.
var compositions = []string{"shared/request/fulfillment/awsservice"}

// wings maps each folder of shared to the other folders of shared whose packages it may import.
var wings = map[string][]string{
	"kit":           {},
	"library":       {"kit"},
	"request":       {"library", "kit"},
	"announcements": {"library", "kit"},
	"views":         {"request", "library", "announcements", "kit"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists the module's packages with their imports, without the imports of test files.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages listed", len(all))
	}
	return all
}

func TestPackagesImportOnlyAllowedPackages(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, problem := range problems(p) {
			t.Errorf("%s depends on %s", p.ImportPath, problem)
		}
	}
}

// problems returns the dependencies of a package that are not allowed.
func problems(p listed) []string {
	var found []string
	for _, dep := range p.Deps {
		if forbidden(p.ImportPath, dep) {
			found = append(found, dep)
		}
	}
	for _, direct := range p.Imports {
		own, ours := strings.CutPrefix(direct, module)
		from, _ := wingOf(p.ImportPath)
		to, _ := wingOf(own)
		if ours && slices.Contains(adapters, p.ImportPath) && slices.Contains(adapters, own) && (from == "kit" || to != "kit") && path.Dir(p.ImportPath) != own {
			found = append(found, own+", another adapter")
		}
	}
	return found
}

// forbidden reports whether package from must not depend on package dep, directly or through other
// packages.
func forbidden(from, dep string) bool {
	own, ours := strings.CutPrefix(dep, module)
	wing, inShared := wingOf(from)
	if !ours {
		aws := strings.HasPrefix(dep, "github.com/aws/")
		return aws && inShared && !slices.Contains(adapters, from) && !slices.Contains(compositions, from) || dep == "testing" && strings.HasPrefix(from, "functions/")
	}
	to, toShared := wingOf(own)
	switch {
	case inShared:
		return !toShared || to != wing && !slices.Contains(wings[wing], to)
	case strings.HasPrefix(from, "functions/"):
		return !toShared
	}
	return false
}

// wingOf returns the folder directly below shared that contains a package. inShared says whether
// the package is below shared.
func wingOf(path string) (wing string, inShared bool) {
	rest, inShared := strings.CutPrefix(path, "shared/")
	wing, _, _ = strings.Cut(rest, "/")
	return wing, inShared
}

func TestTheRulesCanFail(t *testing.T) {
	t.Parallel()
	for _, p := range []listed{
		{ImportPath: "shared/library/masters", Deps: []string{"github.com/aws/aws-sdk-go-v2/aws"}},
		{ImportPath: "shared/library/masters", Deps: []string{module + "infra/local/sim/child"}},
		{ImportPath: "shared/kit/emf", Deps: []string{module + "shared/library/masters"}},
		{ImportPath: "shared/library/masters", Deps: []string{module + "shared/request/ledger"}},
		{ImportPath: "shared/request/ledger", Deps: []string{module + "shared/announcements/timeline"}},
		{ImportPath: "shared/announcements/timeline", Deps: []string{module + "shared/request/ledger"}},
		{ImportPath: "shared/request/ledger", Deps: []string{module + "shared/views/coverage"}},
		{ImportPath: "shared/astray", Deps: []string{module + "shared/kit/emf"}},
		{ImportPath: "functions/index", Deps: []string{"testing"}},
		{ImportPath: "functions/fulfill", Deps: []string{module + "events"}},
		{ImportPath: "shared/kit/functionurl", Imports: []string{module + "shared/kit/awsclient"}},
		{ImportPath: "shared/announcements/intake/s3records", Imports: []string{module + "shared/announcements/collect/s3upload"}},
	} {
		if len(problems(p)) != 1 {
			t.Errorf("%+v: problems %v, want one", p, problems(p))
		}
	}
}
