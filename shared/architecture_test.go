// Package shared_test holds the directions in which packages may depend on each other.
package shared_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "masterhand/"

// adapters are the packages that know AWS, so that the others need not.
var adapters = []string{
	"shared/awsclient", "shared/secret/secretsource", "shared/functionurl",
	"shared/handoff/sqshandoff", "shared/indexing/sqsbacklog", "shared/intake/s3records", "shared/intake/sqsintake", "shared/ledger/dynamostore", "shared/masters/s3store",
	"shared/reindex/sqsreindex",
	"shared/timeline/dynamostore", "shared/collect/s3upload", "shared/collect/snsnotice",
}

// assembly is where parts and adapters meet.
const assembly = "shared/assembly"

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// packages lists the module's packages with what they import, tests left out.
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

func TestDirections(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, problem := range problems(p) {
			t.Errorf("%s depends on %s", p.ImportPath, problem)
		}
	}
}

// problems returns what a package depends on and must not.
func problems(p listed) []string {
	var found []string
	for _, dep := range p.Deps {
		if forbidden(p.ImportPath, dep) {
			found = append(found, dep)
		}
	}
	for _, direct := range p.Imports {
		own, ours := strings.CutPrefix(direct, module)
		if ours && slices.Contains(adapters, p.ImportPath) && slices.Contains(adapters, own) {
			found = append(found, own+", another adapter")
		}
	}
	return found
}

func forbidden(from, dep string) bool {
	own, ours := strings.CutPrefix(dep, module)
	if !ours {
		aws := strings.HasPrefix(dep, "github.com/aws/")
		domain := strings.HasPrefix(from, "shared/") && !slices.Contains(adapters, from) && from != assembly
		return aws && domain || dep == "testing" && strings.HasPrefix(from, "functions/")
	}
	switch {
	case strings.HasPrefix(from, "shared/"):
		return !strings.HasPrefix(own, "shared/")
	case strings.HasPrefix(from, "functions/"):
		return !strings.HasPrefix(own, "shared/")
	case from == "infra":
		return strings.HasPrefix(own, "shared/") && own != "shared/names"
	}
	return false
}

func TestTheRulesCanFail(t *testing.T) {
	t.Parallel()
	for _, p := range []listed{
		{ImportPath: "shared/masters", Deps: []string{"github.com/aws/aws-sdk-go-v2/aws"}},
		{ImportPath: "shared/masters", Deps: []string{module + "infra/local/child"}},
		{ImportPath: "functions/index", Deps: []string{"testing"}},
		{ImportPath: "functions/fulfill", Deps: []string{module + "events"}},
		{ImportPath: "infra", Deps: []string{module + "shared/config"}},
		{ImportPath: "shared/functionurl", Imports: []string{module + "shared/awsclient"}},
	} {
		if len(problems(p)) != 1 {
			t.Errorf("%+v: problems %v, want one", p, problems(p))
		}
	}
}
