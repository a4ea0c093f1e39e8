package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"masterhand/infra/settings"
)

// The dashboard's headings must follow the order of an operator's questions, each with its graphs
// below it.
func TestTheDashboardReadsFromTheTopDown(t *testing.T) {
	body, _ := synth(t, settings.Defaults())["Dashboard"].get("DashboardBody").(string)
	type widget struct {
		Type        string
		X, Y, Width int
		Properties  struct{ Title, Markdown string }
	}
	var dashboard struct{ Widgets []widget }
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil {
		t.Fatal(err)
	}
	widgets := dashboard.Widgets
	slices.SortStableFunc(widgets, func(a, b widget) int { return cmp.Or(a.Y-b.Y, a.X-b.X) })
	var headings []string
	graphs := map[string][]string{}
	for _, w := range widgets {
		if w.Type == "text" {
			heading, _, _ := strings.Cut(w.Properties.Markdown, "\n")
			headings = append(headings, strings.TrimPrefix(heading, "## "))
			continue
		}
		if len(headings) == 0 {
			t.Fatalf("%q stands above every heading", w.Properties.Title)
		}
		at := headings[len(headings)-1]
		graphs[at] = append(graphs[at], w.Properties.Title)
		if w.X+w.Width > 24 {
			t.Errorf("%q ends at column %d of 24", w.Properties.Title, w.X+w.Width)
		}
	}
	want := []string{"Is all well?", "What happened", "What is slow", "What waits", "Who sends", "What it costs"}
	if !slices.Equal(headings, want) {
		t.Errorf("headings %q, want %q", headings, want)
	}
	for heading, first := range map[string]string{
		"Is all well?": "Alarms", "What happened": "Requests by outcome", "What is slow": "Time left after a delivery (s)",
		"What waits": "Oldest message (s)", "Who sends": "Announcements by sender and outcome", "What it costs": "Cost per hour (USD)",
	} {
		if len(graphs[heading]) == 0 || graphs[heading][0] != first {
			t.Errorf("%s begins with %q, want %q", heading, graphs[heading], first)
		}
	}
}

func TestTheCostsFollowBytesAndTime(t *testing.T) {
	body, _ := synth(t, settings.Defaults())["Dashboard"].get("DashboardBody").(string)
	for _, part := range []string{
		"FILL(bytes, 0) / 1000000000 * 0.09", "FILL(collect, 0) * 512 + FILL(finish, 0) * 512 + FILL(fulfill, 0) * 512",
		" / 1000 / 1024 * 0.0000133334",
	} {
		if !strings.Contains(body, part) {
			t.Errorf("no graph has the expression %s", part)
		}
	}
}
