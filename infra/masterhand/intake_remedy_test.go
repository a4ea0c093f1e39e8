package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// The map remedies has an entry for each reason why a file may be missing, and no other entries.
func TestEveryReasonHasARemedy(t *testing.T) {
	t.Parallel()
	left := map[string]bool{}
	for code := range remedies {
		left[code] = true
	}
	found := 0
	for _, path := range []string{"../../shared/announcements/collect/fault.go", "../../shared/announcements/collect/place.go", "../../shared/announcements/senders/senders.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, is := n.(*ast.ValueSpec)
			if !is || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") && !strings.HasPrefix(spec.Names[0].Name, "Problem") {
				return true
			}
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil || remedies[code] == "" {
				t.Errorf("%s has no remedy: %v", spec.Names[0].Name, err)
			}
			found++
			delete(left, code)
			return true
		})
	}
	if len(left) > 0 || found < 20 {
		t.Errorf("%d reasons; there is none of %v", found, left)
	}
}
