package main

import (
	"slices"
	"strings"
	"testing"

	"masterhand/infra/queries"
	"masterhand/infra/settings"
)

// Every query must be saved in the folder of its stack and read the logs of all functions.
func TestQueriesAreSaved(t *testing.T) {
	c := settings.Defaults()
	c.Name = "staging"
	all := synth(t, c)
	saved := map[string]string{}
	for _, path := range all.of("AWS::Logs::QueryDefinition") {
		q := all[path]
		saved[q.get("Name").(string)] = q.get("QueryString").(string)
		groups := list(q.get("LogGroupNames"))
		slices.Sort(groups)
		if want := []string{"Collect/Logs", "Finish/Logs", "Fulfill/Logs", "Index/Logs", "Intake/Logs"}; !slices.Equal(groups, want) {
			t.Errorf("%s reads the logs %q, want %q", path, groups, want)
		}
	}
	if len(saved) != 5 || len(queries.All) != 5 {
		t.Errorf("%d queries are saved of %d, want 5", len(saved), len(queries.All))
	}
	for _, q := range queries.All {
		if text := saved["masterhand-staging/"+q.Name]; text != q.Text || !strings.Contains(text, "\n| limit ") {
			t.Errorf("%s is saved as %q, want %q, with a limit", q.Name, text, q.Text)
		}
	}
}
