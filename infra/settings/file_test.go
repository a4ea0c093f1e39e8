package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"masterhand/shared/kit/names"
)

// project returns a new project folder that holds the given files of environments.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, Folder), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, Folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestEachEnvironmentHasItsFile(t *testing.T) {
	t.Parallel()
	root := project(t, map[string]string{
		"production.json": "{\n  // who is told\n  \"alarmEmail\": \"oncall@example.com\", /* a month */ \"logDays\": 90,\n  \"codes\": [\"HRT-####\",],\n}\n",
		"staging.json":    `{"name": "staging", "keep": false}`,
	})
	for name, c := range map[string]struct {
		context map[string]any
		want    Config
	}{
		"the default's":          {nil, Config{Name: "production", Keep: true, AlarmEmail: "oncall@example.com", LogDays: 90}},
		"another's":              {map[string]any{"name": "staging"}, Config{Name: "staging", LogDays: 30}},
		"none":                   {map[string]any{"name": "trial", "logDays": "7"}, Config{Name: "trial", Keep: true, LogDays: 7}},
		"the context goes first": {map[string]any{"logDays": "7"}, Config{Name: "production", Keep: true, AlarmEmail: "oncall@example.com", LogDays: 7}},
	} {
		got, err := Load(root, c.context)
		if libraries := got.Passed[names.Libraries]; (libraries != "") != (c.want.Name == "production") {
			t.Errorf("%s: libraries %s", name, libraries)
		}
		got.Passed, got.Parallel, got.onlyLibrary, got.record = nil, nil, false, nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, c.want)
		}
	}
}

// All mistakes in a file must be reported at once, each with its file, line and setting.
func TestAFilesMistakesAreAllReported(t *testing.T) {
	t.Parallel()
	const path = Folder + "/production.json"
	for name, c := range map[string]struct {
		file    string
		context map[string]any
		want    []string
	}{
		"all at once": {`{
  "logDays": 2, // no such number
  "logdays": 90,
  "mastersBucket": null,
  "mastersKeyArn": "x",
  "@aws-cdk/core:flag": true,
  "gradual": true,
  "libraries": [
    {"name": "A", "prefixes": "a/"}],
  "keep": true, "keep": false,
  "name": "staging",
}`, map[string]any{"spreadLedger": "yes"}, []string{
			path + `:10: keep: is in the file twice`,
			path + `:11: name: is "staging" in the file of production: rename the file, or leave the name out`,
			path + `:6: @aws-cdk/core:flag: unknown setting; the settings are `,
			path + `:7: gradual: is no longer a setting: `,
			path + `:2: logDays: must be a number of days that CloudWatch Logs accepts: 1, 3, 5, 7, 14, 30, 60, 90, … 3653 (got "2")`,
			path + `:3: logdays: unknown setting; the settings are `,
			path + `:4: mastersBucket: must not be null; leave it out for its default`,
			path + `:5: mastersKeyArn: must be the ARN of a KMS key, `,
			`spreadLedger: must be true or false (got "yes")`,
			path + `:8: libraries: not a JSON list of libraries: `,
			path + `:5: mastersKeyArn: needs mastersBucket`,
		}},
		"an element":             {"{\n\n\"codes\": [\"HRT-####\", \"KW-##\"]}", nil, []string{path + ":3: codes[1]: invalid shape of codes: "}},
		"an element of a list":   {`{"libraries": [{"name": "a", "codes": ["KW-##"]}]}`, nil, []string{path + ":1: libraries[0].codes[0]: invalid shape of codes: "}},
		"file against context":   {`{"codes": ["HRT-####"]}`, map[string]any{"libraries": `[{"name":"a"}]`}, []string{path + ":1: codes: applies only without \"libraries\""}},
		"no JSON":                {"{\n\"logDays\": 90 \"keep\": true}", nil, []string{path + `: line 2, column 15: invalid character '"' after object value`}},
		"nothing":                {"", nil, []string{path + ": line 1, column 1: "}},
		"a list":                 {"[]", nil, []string{path + ": must be one object with settings as members"}},
		"overruled":              {`{"logDays": 2}`, map[string]any{"logDays": 7}, nil},
		"a name that is no name": {`{"logDays": 2}`, map[string]any{"name": "../production"}, []string{`name: must be 1 to 30 letters`}},
	} {
		_, err := Load(project(t, map[string]string{"production.json": c.file}), c.context)
		var got []string
		if err != nil {
			got = strings.Split(err.Error(), "\n")
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %d mistakes, want %d:\n%v", name, len(got), len(c.want), err)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s:\ngot  %s\nwant %s", name, got[i], want)
			}
		}
	}
}

// commentedOut matches a setting that is commented out in the default environment's file, together
// with the line above it, which explains the setting.
var commentedOut = regexp.MustCompile(`(?m)^  // [A-Z].*\.\n  // "([A-Za-z]+)": .*,$`)

// The default environment's file must contain every setting, commented out, below an explanation.
// Without the comment signs the file must load: once with the settings of the only library, and once
// with the list of libraries instead.
func TestTheShippedFileHasEverySetting(t *testing.T) {
	t.Parallel()
	shipped, err := os.ReadFile("../environments/production.json")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range commentedOut.FindAllStringSubmatch(string(shipped), -1) {
		found = append(found, match[1])
	}
	slices.Sort(found)
	if !slices.Equal(found, Names()) {
		t.Errorf("the file explains %q\nthe settings are %q", found, Names())
	}
	if c, err := Load(project(t, map[string]string{"production.json": string(shipped)}), nil); err != nil || !reflect.DeepEqual(c.Record(), Record{"name": "production"}) {
		t.Errorf("as it is shipped: %v, %v", c.Record(), err)
	}
	existing := []string{"mastersBucket", "mastersKeyArn"} // the settings that must not be set together with noncurrentDays
	for _, several := range []bool{false, true} {
		left := 1
		if several {
			left = len(existing)
		}
		set := commentedOut.ReplaceAllStringFunc(string(shipped), func(lines string) string {
			setting := commentedOut.FindStringSubmatch(lines)[1]
			if several && (ofDefault[setting] != nil || slices.Contains(existing, setting)) || !several && (setting == "libraries" || setting == "noncurrentDays") {
				return lines
			}
			return strings.Replace(lines, "  // \""+setting, "  \""+setting, 1)
		})
		c, err := Load(project(t, map[string]string{"production.json": set}), nil)
		if err != nil || len(c.Record()) != len(Names())-len(ofDefault)-left {
			t.Errorf("several libraries: %v: %d settings are recorded: %v", several, len(c.Record()), err)
		}
	}
}
