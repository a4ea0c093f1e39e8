package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"masterhand/infra/settings"
)

// A test that makes a stack must not call t.Parallel: Go calls CDK through jsii, which is not
// thread-safe.

// flags returns the context in cdk.json, which the tests must pass to CDK because "go test" does
// not read that file. It adds the setting that makes CDK write the constructs' paths into the
// template.
func flags(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	file.Context["aws:cdk:enable-path-metadata"] = true
	return file.Context
}

// stubs makes a dist folder in which each function's program contains only the function's name.
func stubs(t *testing.T) string {
	t.Helper()
	dist := t.TempDir()
	for _, p := range programs {
		stub(t, dist, p.name, p.name)
	}
	return dist
}

func stub(t *testing.T, dist, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dist, name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dist, name, "bootstrap"), []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// build makes a stack; a panic of jsii fails the test.
func build(t *testing.T, c settings.Config, dist string) (awscdk.App, awscdk.Stack) {
	t.Helper()
	return buildOf(t, c, binaries{dist, "arm64"}, nil)
}

// buildOf makes a stack with the given binaries, and with additional context for CDK.
func buildOf(t *testing.T, c settings.Config, b binaries, more map[string]any) (awscdk.App, awscdk.Stack) {
	t.Helper()
	given := flags(t)
	maps.Copy(given, more)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: new(t.TempDir()), Context: &given})
	return app, newStack(app, c, b)
}

// file synthesises an app and returns its template as CloudFormation receives it.
func file(t *testing.T, app awscdk.App, stack awscdk.Stack) []byte {
	t.Helper()
	assembly := app.Synth(&awscdk.StageSynthesisOptions{Force: new(true)})
	data, err := os.ReadFile(*assembly.GetStackArtifact(stack.ArtifactId()).TemplateFullPath())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// template is a synthesised stack. Each key is the path of a construct without the stack's name,
// such as "Fulfill/Function". The value is the construct's resource.
type template map[string]resource

type resource struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	UpdatePolicy        map[string]any
	Metadata            map[string]any
	id                  string // the resource's logical id in the template
}

// synth makes the stack of a configuration and returns its template. CloudFormation's references in
// the template are replaced by texts: "Masters" for Ref, "Masters.Arn" for Fn::GetAtt, and "X[7]"
// for the Fn::Select of element 7 of X.
func synth(t *testing.T, c settings.Config) template {
	t.Helper()
	app, stack := build(t, c, stubs(t))
	return parse(t, file(t, app, stack), c.StackName())
}

// outputNames returns the names of a template's outputs.
func outputNames(t *testing.T, data []byte) []string {
	t.Helper()
	var raw struct{ Outputs map[string]any }
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(raw.Outputs))
}

func parse(t *testing.T, data []byte, stackName string) template {
	t.Helper()
	var raw struct{ Resources map[string]resource }
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{}
	for id, r := range raw.Resources {
		path, ok := r.Metadata["aws:cdk:path"].(string)
		if !ok {
			t.Fatalf("%s has no path", id)
		}
		paths[id] = strings.TrimSuffix(strings.TrimPrefix(path, stackName+"/"), "/Resource")
	}
	all := template{}
	for id, r := range raw.Resources {
		r.id = id
		r.Properties = written(r.Properties, paths).(map[string]any)
		all[paths[id]] = r
	}
	return all
}

// written returns a copy of a template's value, with a text in the place of each CloudFormation
// reference.
func written(value any, paths map[string]string) any {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 1 {
			for key, argument := range v {
				if text, is := reference(key, argument, paths); is {
					return text
				}
			}
		}
		out := map[string]any{}
		for key, element := range v {
			out[key] = written(element, paths)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = written(element, paths)
		}
		return out
	}
	return value
}

func reference(function string, argument any, paths map[string]string) (string, bool) {
	name := func(id any) string {
		if path, ok := paths[fmt.Sprint(id)]; ok {
			return path
		}
		return fmt.Sprint(id)
	}
	switch function {
	case "Ref":
		return name(argument), true
	case "Fn::GetAtt":
		parts := argument.([]any)
		return fmt.Sprintf("%s.%v", name(parts[0]), parts[1]), true
	case "Fn::Select":
		parts := written(argument, paths).([]any)
		return fmt.Sprintf("%v[%v]", parts[1], parts[0]), true
	case "Fn::Split":
		return fmt.Sprint(written(argument, paths).([]any)[1]), true
	case "Fn::Join":
		parts := argument.([]any)
		var texts []string
		for _, part := range written(parts[1], paths).([]any) {
			texts = append(texts, fmt.Sprint(part))
		}
		return strings.Join(texts, fmt.Sprint(parts[0])), true
	}
	return "", false
}

// of returns the sorted paths of all resources of a type.
func (t template) of(kind string) []string {
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(t)) {
		if t[path].Type == kind {
			paths = append(paths, path)
		}
	}
	return paths
}

// get returns the value in a resource's properties to which path leads; the parts of a path are names of
// members and indexes of lists. It returns nil if there is no such value.
func (r resource) get(path ...any) any {
	var value any = r.Properties
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[fmt.Sprint(step)]
		case []any:
			i, ok := step.(int)
			if !ok || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// list returns a property's values; the property may hold one value or several.
func list(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		var texts []string
		for _, element := range v {
			texts = append(texts, fmt.Sprint(element))
		}
		return texts
	}
	return []string{fmt.Sprint(value)}
}
