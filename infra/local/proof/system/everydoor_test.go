package system_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// notByEachDoor lists the tests that do not send their events through each door, with the reasons.
var notByEachDoor = map[string]string{
	"TestEverySchemeAndARotatingSecretAreAccepted": "only the URL has signatures",
	"TestUnauthentic":                             "only the URL has signatures",
	"TestForgedResult":                            "only the URL has signatures",
	"TestDestinationsChange":                      "only the URL has secrets; TestEventsWaitForTheirDestinationsEntry changes the entry of the doors",
	"TestBase64Body":                              "only the URL has content types",
	"TestMethodAndSize":                           "only the URL has methods, and a limit on a body that AWS does not set",
	"TestConcurrencyLimit":                        "only the URL answers 429; a message of a queue waits",
	"TestIndexConverges":                          "it sends no event of the platform",
	"TestHostileLinks":                            "it sends no event of the platform",
	"TestLoopbackIsForbidden":                     "it sends no event of the platform",
	"TestAnnouncementsEndTheSameInAnyOrder":       "it sends no event of the platform",
	"TestAnUnreadableReindexMessageBlocksNoOther": "it sends no event of the platform",
	"TestCredentialsAreFound":                     "it tests the search of this package's tests",
	"TestMissingLinesAreFound":                    "it tests the search of this package's tests",
	"TestEveryTestComesByEachDoor":                "it reads this package's files",
}

// Every test of this package must send its events through each door, or notByEachDoor must list it
// with a reason.
func TestEveryTestComesByEachDoor(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range parsed.Decls {
			test, is := declared.(*ast.FuncDecl)
			if !is || !strings.HasPrefix(test.Name.Name, "Test") || test.Name.Name == "TestMain" {
				continue
			}
			name := test.Name.Name
			seen[name] = true
			if listed, by := notByEachDoor[name] != "", usesDoors(test); listed == by {
				t.Errorf("%s comes by each door: %v; is listed as one that does not: %v", name, by, listed)
			}
		}
	}
	for name := range notByEachDoor {
		if !seen[name] {
			t.Errorf("%s is listed, and there is no such test", name)
		}
	}
}

// usesDoors reports whether the source of a test sends events through each door: the test calls
// byEachDoor, ranges over scenariotest.Doors, or sends through both the queue and the bucket.
func usesDoors(test *ast.FuncDecl) bool {
	names := map[string]bool{}
	ast.Inspect(test, func(n ast.Node) bool {
		if name, is := n.(*ast.Ident); is {
			names[name.Name] = true
		}
		return true
	})
	return names["byEachDoor"] || names["Doors"] || names["Queue"] && names["Bucket"]
}
