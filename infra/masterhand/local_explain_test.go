package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"masterhand/events"
	"masterhand/infra/local/scenario/scenariotest"
	"masterhand/infra/local/sim/adplatform"
	"masterhand/infra/local/sim/system"
	"masterhand/shared/kit/legible"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
)

// The command "explain" shows that the platform refused a file for a project. It does so both for an
// event and for a slot that is given as four words.
func TestExplainShowsARefusalForItsProject(t *testing.T) {
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
		"project "+asked.ProjectID+", for which a file was refused, gets: "+verdict, "chosen; refused for project "+asked.ProjectID)
	for _, args := range [][]string{ours, {"explain", event}} {
		said := ops(operator{}, args...)
		said.expect(t, 0, verdict, "dropped: previously_rejected")
		said.quiet(t, delivered, "chosen")
	}
	ops(operator{}, append(coordinates[:5:5], "--project", "another")...).expect(t, 0, delivered)
	ops(operator{}, "explain", event, "--project", "another").expect(t, 2, "an event names its project")

	var e explanation
	said := ops(operator{}, append(coordinates[:5:5], "--json")...)
	if err := json.Unmarshal([]byte(said.out), &e); err != nil || len(e.Refused) != 1 || e.Refused[0].Verdict != "unusable" ||
		e.Key == "" || len(e.Candidates) != 1 || e.Candidates[0].RefusedFor[0] != asked.ProjectID {
		t.Errorf("%v: %s", err, said.out)
	}
}

// If an unplaced file blocks a request, the commands "explain", "requests" and "trace" name that
// file and give the same reason.
func TestExplainAgreesWithTheProof(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code, other := here(t, env), scenariotest.NewCode(), scenariotest.NewCode()
	key := "films/" + code + "-1 or " + other + "-1.mp4"
	coordinates := []string{"explain", code + "-1", "en", "video", "9x16"}
	ops(operator{}, coordinates...).expect(t, 0, "absent no_match:creative")
	env.Put(t, key, scenariotest.Film(t, 1<<10))
	if _, err := env.Masters.Indexed(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	request := env.Request(t, env.Platform, scenariotest.Story(code))
	env.Send(t, request.Event())
	held := key + " may be a master of " + code + "-1"
	scenariotest.Eventually(t, "the request is held by the file", func(context.Context) bool {
		item := env.Item(t, request)
		return item.Code == "unplaced" && strings.Contains(item.Detail, held) && item.Blocker == key
	})
	toPlace := legible.ShellWords(key, code+"-1", "en") + "   (to place it)"
	ops(operator{}, coordinates...).expect(t, 0, "unclear unplaced", "waits because: "+held, toPlace)
	ops(operator{}, append(coordinates[:5:5], "--json")...).expect(t, 0, `"verdict":"unclear","reason":"unplaced"`, `"blocker":"`+key+`"`)
	ops(operator{}, "requests").expect(t, 0, "unplaced: absence not proved: "+held, toPlace, legible.ShellWord(key)+"   (to exclude it)")
	ops(operator{}, "coverage", "--gaps", "--json", code).expect(t, 0, `"requests":1,"ads":1,`, `"do":"tag","key":"`+key+`"`)
	item := env.Item(t, request)
	ops(operator{}, "trace", item.ID[len("req#"):][:8]).expect(t, 0, item.ID, "wanted by 1 ad", "received", toPlace)
}

// The commands "explain" and "place" refuse the code HRT-1212 without a variation, although the
// text could also mean code HRT, variation 1212. The command "explain" accepts the text with that
// meaning if no creative of the code HRT-1212 has masters, or if the creative HRT, variation 1212,
// has masters.
func TestACodeWithoutVariationIsRefused(t *testing.T) {
	t.Parallel()
	env := scenariotest.Start(t, system.Config{})
	ops, code, other := here(t, env), scenariotest.NewCode(), scenariotest.NewCode()
	env.Master(t, code, 1<<10)
	key, tags := scenariotest.StoryKey(code), tagsOf(t, env, scenariotest.StoryKey(code))
	for _, written := range []string{code, strings.ToLower(code)} {
		says := written + " is a code without a variation: expected one like " + code + "-1\n"
		ops(operator{}, "explain", written, "en", "video", "9x16").expect(t, 2, says)
		ops(operator{}, "place", key, written, "en", "--yes").expect(t, 2, says)
	}
	expectTags(t, env, key, tags)
	ops(operator{}, "explain", other, "en", "video", "9x16").expect(t, 0, "absent no_match:creative")

	short, number, _ := cutLast(code, "-")
	variation, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	env.PutLabelled(t, "a.mp4", scenariotest.Film(t, 1<<10), masters.Labels{Tags: map[string]string{"creative-code": short, "creative-variation": number, "creative-locale": "en"}})
	env.Known(t, creative.Creative{Code: short, Variation: variation}, "a.mp4", etag(t, env, "a.mp4"))
	ops(operator{}, "explain", code, "en", "video", "9x16").expect(t, 0, "deliver a.mp4")
}
