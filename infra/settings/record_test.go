package settings

import (
	"maps"
	"reflect"
	"strings"
	"testing"
)

// recorded loads settings from a context, and returns their record after it was written to the
// stack's output and read again.
func recorded(t *testing.T, context map[string]any) (r Record) {
	t.Helper()
	c, err := Load(".", context)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Record().MarshalText()
	if err == nil {
		err = r.UnmarshalText(text)
	}
	if err != nil || !reflect.DeepEqual(r, c.Record()) {
		t.Errorf("%v: %s\ngot  %q\nwant %q", err, text, r, c.Record())
	}
	return r
}

// If a setting is written in another form with the same meaning, Changes must not list it.
func TestTheFormOfASettingIsNoChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]map[string]any{
		"numbers":     {{"logDays": "90", "keep": "false"}, {"logDays": 90.0, "keep": false}},
		"a list":      {{"notifyOn": "job_failed,build_rejected"}, {"notifyOn": []any{"job_failed", "build_rejected"}}},
		"an object":   {{"posternityFields": `{ "type":"/t", "files":["/f"] }`}, {"posternityFields": map[string]any{"files": []any{"/f"}, "type": "/t"}}},
		"codes":       {{"codes": "HRT-####"}, {"libraries": `[ {"codes":["HRT-####"],"name":"default"} ]`}},
		"no library":  {{}, {"libraries": []any{map[string]any{"name": "default", "prefix": ""}}}},
		"text is not": {{"mastersBucket": "12345"}, {"mastersBucket": 12345.0}},
	} {
		if changes := recorded(t, c[0]).Changes(recorded(t, c[1])); len(changes) > 0 {
			t.Errorf("%s: %+v", name, changes)
		}
	}
}

// Changes must list each change together with the loss that it causes.
func TestAChangeSaysWhatTheDeploymentLoses(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-central-1:123456789012:key/1"
	two := `[{"name":"a","prefix":"a/"},{"name":"b","prefix":"b/","codes":["HRT-####"]}]`
	for name, c := range map[string]struct {
		before, after map[string]any
		want          []Change
	}{
		"bucket": {map[string]any{"mastersBucket": "films"}, nil, []Change{
			{"mastersBucket", "films", "", "bucket films: its files are no longer masters; the stack makes a new, empty bucket"}}},
		"another bucket": {map[string]any{"mastersBucket": "films"}, map[string]any{"mastersBucket": "stills"}, []Change{
			{"mastersBucket", "films", "stills", "bucket films: its files are no longer masters"}}},
		"the stack's bucket": {nil, map[string]any{"mastersBucket": "films"}, []Change{
			{"mastersBucket", "", "films", "the bucket that the stack made: its files are no longer masters"}}},
		"key": {map[string]any{"mastersBucket": "films", "mastersKeyArn": key}, map[string]any{"mastersBucket": "films"}, []Change{
			{"mastersKeyArn", key, "", "key " + key + ": the functions can no longer read files that it encrypts"}}},
		"a new key": {map[string]any{"mastersBucket": "films"}, map[string]any{"mastersBucket": "films", "mastersKeyArn": key}, []Change{{"mastersKeyArn", "", key, ""}}},
		"reservations": {map[string]any{"concurrency": 20, "intakeConcurrency": 100}, map[string]any{"intakeConcurrency": 50}, []Change{
			{"concurrency", "20", "", "reservation of fulfill: 20 executions, now 0"},
			{"intakeConcurrency", "100", "50", "reservation of intake: 100 executions, now 50"}}},
		"more is no loss": {map[string]any{"concurrency": 9}, map[string]any{"concurrency": 10, "intakeConcurrency": 1}, []Change{
			{"concurrency", "9", "10", ""}, {"intakeConcurrency", "", "1", ""}}},
		"subscriptions": {map[string]any{"alarmEmail": "a@example.com", "notifyEmail": "b@example.com"}, map[string]any{"alarmEmail": "c@example.com"}, []Change{
			{"alarmEmail", "a@example.com", "c@example.com", "subscription of a@example.com to alarms"},
			{"notifyEmail", "b@example.com", "", "subscription of b@example.com to failed builds, jobs and screenshots"}}},
		"subscribers": {nil, map[string]any{"alarmEmail": "a@example.com", "notifyEmail": "b@example.com"}, []Change{
			{"alarmEmail", "", "a@example.com", ""}, {"notifyEmail", "", "b@example.com", ""}}},
		"a library": {map[string]any{"libraries": two}, map[string]any{"libraries": `[{"name":"a","prefix":"a/"},{"name":"c","prefix":"b/","codes":["HRT-####"]}]`}, []Change{
			{"libraries[b].codes", `["HRT-####"]`, "", ""},
			{"libraries[b].prefix", `"b/"`, "", "library b: its destinations get no masters until they name another library"},
			{"libraries[c].codes", "", `["HRT-####"]`, ""}, {"libraries[c].prefix", "", `"b/"`, ""}}},
		"the only library": {nil, map[string]any{"libraries": `[{"name":"a","prefix":""}]`}, []Change{
			{"libraries[a].prefix", "", `""`, ""},
			{"libraries[default].prefix", `""`, "", "library default: its destinations get no masters until they name another library"}}},
		"a prefix": {map[string]any{"libraries": two}, map[string]any{"libraries": strings.Replace(two, `"b/"`, `"c/"`, 1)}, []Change{
			{"libraries[b].prefix", `"b/"`, `"c/"`, `prefix "b/" of library b: files below it are no longer masters of the library, unless they are below "c/"`}}},
		"rules":     {nil, map[string]any{"codes": "HRT-####"}, []Change{{"libraries[default].codes", "", `["HRT-####"]`, ""}}},
		"no losses": {map[string]any{"logDays": 90, "keep": false}, map[string]any{"keep": true}, []Change{{"keep", "false", "true", ""}, {"logDays", "90", "", ""}}},
		"nothing":   {map[string]any{"libraries": two}, map[string]any{"libraries": two}, nil},
	} {
		if got := recorded(t, c.before).Changes(recorded(t, c.after)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", name, got, c.want)
		}
	}
}

// The record of another version must be readable, even if it contains settings that this version does
// not know or rejects.
func TestARecordOfAnotherVersionIsRead(t *testing.T) {
	t.Parallel()
	var r Record
	if err := r.UnmarshalText([]byte(`{"name":"production","gradual":true,"libraries":[{"name":"a","prefix":"","owner":{"team":"x"}}],"logDays":2}`)); err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{"name": "production", "gradual": "true", "libraries[a].prefix": `""`, "libraries[a].owner": `{"team":"x"}`, "logDays": "2"}
	if got := r.parts(); !maps.Equal(got, parts) {
		t.Errorf("got %q, want %q", got, parts)
	}
	if r.UnmarshalText([]byte("films")) == nil {
		t.Error("a text that is no record is read")
	}
}

// The record of the longest valid settings must be far shorter than CloudFormation's limit for
// outputs.
func TestTheRecordFitsIntoAnOutput(t *testing.T) {
	t.Parallel()
	all := map[string]any{"libraries": `[{"name":"a","prefix":"` + strings.Repeat("p", 700) + `"},{"name":"b","prefix":"` + strings.Repeat("q", 700) + `"},{"name":"c","prefix":"` + strings.Repeat("r", 700) + `"},{"name":"d","prefix":"` + strings.Repeat("s", 700) + `"}]`}
	text, err := recorded(t, all).MarshalText()
	if err != nil || len(text) < maxPassed-200 || len(text) > 5000 {
		t.Errorf("%d bytes: %v", len(text), err)
	}
}
