package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"masterhand/infra/settings"
)

// The stack must have an output that contains the settings of the deployment. The command
// "masterhand deploy" compares them with the settings of the next deployment. The command's tests
// read the same golden file, which proves that the command can read the output.
func TestTheStackRecordsItsSettings(t *testing.T) {
	c, err := settings.Load(t.TempDir(), map[string]any{
		"mastersBucket": "films", "alarmEmail": "oncall@example.com", "concurrency": 20, "locales": `{"UK":"en-GB"}`, "keep": false,
	})
	if err != nil {
		t.Fatal(err)
	}
	app, stack := build(t, c, stubs(t))
	var written struct {
		Outputs map[string]struct {
			Value  any
			Export any
		}
	}
	if err := json.Unmarshal(file(t, app, stack), &written); err != nil {
		t.Fatal(err)
	}
	output := written.Outputs[settings.Output]
	text, isText := output.Value.(string)
	if !isText || output.Export != nil {
		t.Fatalf("the output is %+v, want a text that is not exported", output)
	}
	golden := filepath.Join("testdata", "settings.json")
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || text != string(want) {
		t.Errorf("%v\ngot  %s\nwant %s", err, text, want)
	}
	var r settings.Record
	if err := r.UnmarshalText([]byte(text)); err != nil || len(r.Changes(c.Record())) > 0 {
		t.Errorf("%v: read again, it differs: %+v", err, r.Changes(c.Record()))
	}
}
