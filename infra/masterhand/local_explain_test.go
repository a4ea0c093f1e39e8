package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"masterhand/events"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
)

// What the platform refused for a project is told, however the question is put.
func TestExplainARefusal(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code := here(t, env), scenariotest.NewCode()
	env.Master(t, code, 1<<10)
	request := env.Request(t, env.Platform, scenariotest.Story(code))
	env.Send(t, request.Event())
	env.Ended(t, request)

	var asked struct{ ProjectID string }
	body := request.Event().Body
	file, err := json.Marshal(events.Event{Topic: request.Topic, Data: body})
	event := filepath.Join(t.TempDir(), "event.json")
	if err == nil {
		err = os.WriteFile(event, file, 0o600)
	}
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil || asked.ProjectID == "" {
		t.Fatalf("project %q, %v", asked.ProjectID, err)
	}
	coordinates := []string{"explain", code + "-1", "en", "video", "9x16"}
	ours := append(coordinates[:5:5], "--project", asked.ProjectID)
	delivered := "deliver " + scenariotest.StoryKey(code)
	for _, args := range [][]string{coordinates, ours, {"explain", event}} {
		said := ops(operator{}, args...)
		said.expect(t, 0, delivered)
		said.quiet(t, "refused", "previously_rejected")
	}

	env.Send(t, request.Result(adplatform.Outcome{State: adplatform.Rejected, Problems: []string{adplatform.ReasonType}}))
	const verdict = "unusable previously_rejected"
	ops(operator{}, coordinates...).expect(t, 0, delivered,
		"refused for project "+asked.ProjectID+", which gets: "+verdict, "chosen; refused for project "+asked.ProjectID)
	for _, args := range [][]string{ours, {"explain", event}} {
		said := ops(operator{}, args...)
		said.expect(t, 0, verdict, "dropped: previously_rejected")
		said.quiet(t, "deliver", "chosen")
	}
	ops(operator{}, append(coordinates[:5:5], "--project", "another")...).expect(t, 0, delivered)
	ops(operator{}, "explain", event, "--project", "another").expect(t, 2, "names its project itself")

	var e explanation
	said := ops(operator{}, append(coordinates[:5:5], "--json")...)
	if err := json.Unmarshal([]byte(said.out), &e); err != nil || len(e.Refused) != 1 || e.Refused[0].Verdict != "unusable" ||
		e.Key == "" || len(e.Candidates) != 1 || e.Candidates[0].RefusedFor[0] != asked.ProjectID {
		t.Errorf("%v: %s", err, said.out)
	}
}
