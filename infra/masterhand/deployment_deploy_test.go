package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// projectOf makes a project folder with a cdk.json, and with the given text as production.json. It
// returns the folder's path.
func projectOf(t *testing.T, production string) string {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, settings.Folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{filepath.Join(folder, "production.json"): production, filepath.Join(root, "cdk.json"): `{"context": {"@aws-cdk/core:flag": true}}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// written returns the stack's settings output. It reads the output from the golden file of the
// stack's own test.
func written(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asWritten is a production.json. It has the same settings as the stack's output that written()
// returns.
const asWritten = `{
  "mastersBucket": "films", "alarmEmail": "oncall@example.com",
  "concurrency": 20, "locales": {"UK": "en-GB"}, "keep": false, // as it was told
}`

// deploying runs the command "deploy" with the given text as production.json. cdk holds the
// arguments that CDK received; it is nil if CDK was not run.
func (a *account) deploying(t *testing.T, o operator, production string, args ...string) (got said, cdk, environment []string) {
	t.Helper()
	o.root = projectOf(t, production)
	if o.cdk == nil {
		o.cdk = func([]string, []string) error { return nil }
	}
	end := o.cdk
	o.cdk = func(env, arguments []string) error {
		cdk, environment = arguments, env
		return end(env, arguments)
	}
	return a.run(o, append([]string{"deploy"}, args...)...), cdk, environment
}

// If the setting mastersBucket is removed, the next deployment would make a new, empty bucket.
// Therefore the command "deploy" names the bucket that would be lost, and asks for confirmation.
func TestDeployWithoutTheMastersBucketAsks(t *testing.T) {
	t.Parallel()
	const forgetful = `{"alarmEmail": "oncall@example.com", "concurrency": 20, "locales": {"UK": "en-GB"}, "keep": false}`
	for name, c := range map[string]struct {
		o    operator
		args []string
		code int
		says []string
		runs bool
	}{
		"agreed":      {operator{input: "y\n", hidden: "-"}, nil, 0, []string{"[y/N]", "cdk at work"}, true},
		"not agreed":  {operator{input: "n\n", hidden: "-"}, nil, 1, []string{"not confirmed; nothing was changed"}, false},
		"Enter":       {operator{input: "\n", hidden: "-"}, nil, 1, []string{"not confirmed"}, false},
		"no terminal": {operator{input: "y\n"}, nil, 1, []string{"not confirmed", "no terminal to ask on; give --yes"}, false},
		"--yes":       {operator{}, []string{"--yes"}, 0, []string{"cdk at work"}, true},
		"--dry-run":   {operator{}, []string{"--dry-run"}, 0, nil, false},
		"--json":      {operator{}, []string{"--json", "--yes"}, 0, []string{`{"after":"","before":"films","loses":"bucket films: its files are no longer masters; the stack makes a new, empty bucket","setting":"mastersBucket"}`}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.outputs[settings.Output] = written(t)
			got, cdk, _ := a.deploying(t, c.o, forgetful, c.args...)
			got.expect(t, c.code, append(c.says, "mastersBucket", "bucket films: its files are no longer masters")...)
			if (cdk != nil) != c.runs {
				t.Errorf("CDK's command ran with %q, want it to run: %v", cdk, c.runs)
			}
		})
	}
}

func TestDeployComparesWithWhatTheStackWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		production string
		args       []string
		says       []string
		asks       bool
	}{
		"the same":         {asWritten, nil, []string{"no setting changes"}, false},
		"over the file":    {asWritten, []string{"-c", "logDays=90"}, []string{"1 setting to change", "logDays", "90"}, false},
		"more":             {strings.Replace(asWritten, "20", "30", 1), nil, []string{"concurrency", "20", "30"}, false},
		"less":             {strings.Replace(asWritten, "20", "10", 1), nil, []string{"reservation of fulfill: 20 executions, now 10"}, true},
		"over what is set": {asWritten, []string{"-c", "alarmEmail=other@example.com"}, []string{"subscription of oncall@example.com to alarms"}, true},
		"a library": {strings.Replace(asWritten, `"locales": {"UK": "en-GB"}`, `"libraries": [{"name": "a", "prefix": ""}]`, 1), nil,
			[]string{"libraries[a].prefix", "library default: its destinations get no masters until they name another library"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.outputs[settings.Output] = written(t)
			got, cdk, _ := a.deploying(t, operator{}, c.production, c.args...)
			got.expect(t, map[bool]int{true: 1}[c.asks], c.says...)
			if (cdk == nil) != c.asks {
				t.Errorf("CDK's command ran with %q, want a question: %v", cdk, c.asks)
			}
		})
	}
}

func TestDeployOfAStackThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	got, cdk, _ := a.deploying(t, operator{input: "n\n", hidden: "-"}, asWritten)
	got.expect(t, 1, "has no record of its settings; the settings to deploy", "because an older version deployed it", "Its masters are in bucket films", "oncall@example.com", "not confirmed")
	if cdk != nil {
		t.Error("CDK's command ran")
	}
	got, cdk, _ = a.deploying(t, operator{input: "y\n", hidden: "-"}, asWritten)
	if got.expect(t, 0); cdk == nil {
		t.Error("CDK's command did not run")
	}
	a.outputs[settings.Output] = "films"
	got, cdk, _ = a.deploying(t, operator{}, asWritten, "--yes")
	if got.expect(t, 1, "the output Settings cannot be read"); cdk != nil {
		t.Error("CDK's command ran")
	}
	for _, never := range []func(a *account){func(a *account) { a.outputs = nil }, func(a *account) { a.status = "ROLLBACK_COMPLETE" }} {
		a := newAccount(t)
		never(a)
		got, cdk, _ := a.deploying(t, operator{}, asWritten)
		got.expect(t, 0, "masterhand-production is not deployed yet", "oncall@example.com")
		if got.quiet(t, "[y/N]", "any more"); cdk == nil {
			t.Error("CDK's command did not run")
		}
	}
}

// The command "deploy" runs CDK for the environment and the region whose settings it has compared.
func TestDeployRunsCDKForTheComparedEnvironment(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.outputs[settings.Output] = written(t)
	for line, want := range map[string]string{
		"deploy":                               "deploy -c name=production",
		"deploy production":                    "deploy -c name=production",
		"deploy --name production":             "deploy -c name=production",
		"deploy -c logDays=90 --profile ads":   "deploy -c logDays=90 -c name=production --profile ads",
		"deploy -- --hotswap --tags a=b":       "deploy -c name=production --hotswap --tags a=b",
		"deploy production --yes -- --force":   "deploy -c name=production --require-approval never --force",
		"deploy --yes -- --require-approval x": "deploy -c name=production --require-approval x",
	} {
		got, cdk, environment := a.deploying(t, operator{}, asWritten, strings.Fields(line)[1:]...)
		got.expect(t, 0)
		if strings.Join(cdk, " ") != want || !slices.Equal(environment, []string{"AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1"}) {
			t.Errorf("%s: %q, %q, want %s", line, cdk, environment, want)
		}
	}
	got, _, _ := a.deploying(t, operator{cdk: func([]string, []string) error { return errors.New("exit status 1") }}, asWritten)
	got.expect(t, 1, "npx cdk deploy: exit status 1")
}

// The command "deploy" reports all wrong settings and arguments at once, before it calls AWS or CDK.
func TestDeployReportsAllErrorsBeforeItCallsAWS(t *testing.T) {
	t.Parallel()
	for line, c := range map[string]struct {
		code int
		says []string
	}{
		"a b":                       {2, []string{"at most one NAME"}},
		"production --name staging": {2, []string{"different environments"}},
		"-c name=staging":           {2, []string{"as NAME"}},
		"-c logDays":                {2, []string{"SETTING=VALUE"}},
		"-- -c logDays=90":          {2, []string{"give -c before --"}},
		"-- --context=logDays=90":   {2, []string{"give -c before --"}},
		"--json":                    {2, []string{"--json asks no questions"}},
		"-c logdays=90 -c keep=1":   {1, []string{"settings of production:", "logdays: unknown setting", "keep: must be true or false"}},
		"Staging":                   {1, []string{"name: must be "}},
	} {
		a := newAccount(t)
		got, cdk, _ := a.deploying(t, operator{}, asWritten, strings.Fields(line)...)
		got.expect(t, c.code, c.says...)
		if cdk != nil || len(a.calls) > 0 {
			t.Errorf("%s: CDK's command ran with %q, AWS was asked %v", line, cdk, maps.Clone(a.calls))
		}
	}
	a := newAccount(t)
	got, _, _ := a.deploying(t, operator{}, "{\n\"logDays\": 2,\n\"what\": 1}")
	got.expect(t, 1, settings.Folder+"/production.json:2: logDays: must be", settings.Folder+"/production.json:3: what: unknown setting")
}
