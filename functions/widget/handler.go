package main

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"masterhand/shared/kit/telemetry"
	"masterhand/shared/views/page"
)

// handler answers a CloudWatch dashboard, which calls the function with the widget's parameters
// and shows the returned HTML.
type handler struct {
	sources page.Sources
	name    string // the deployment's name
	report  telemetry.Reporter
	now     func() time.Time
}

// call is the event with which CloudWatch calls the function (Amazon CloudWatch User Guide, "Details
// about custom widgets"): the parameters of the widget, or of the link that a reader followed, and
// the dashboard's settings.
type call struct {
	Describe bool   `json:"describe"`
	Outcome  string `json:"outcome"`
	Code     string `json:"code"`
	Leaf     int    `json:"leaf"`
	Context  struct {
		Theme     string `json:"theme"`
		TimeRange struct {
			moments
			Zoom moments `json:"zoom"`
		} `json:"timeRange"`
	} `json:"widgetContext"`
}

// moments holds the start and the end of a time range, in milliseconds since 1970. Both are 0 if
// the dashboard set no time range.
type moments struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

// given reports whether the time range is set and is not empty.
func (m moments) given() bool { return m.Start > 0 && m.End > m.Start }

// description is the text, in Markdown, that CloudWatch shows to people who add the widget to a dashboard.
const description = "### masterhand\n\n" +
	"Shows the newest requests and why each file was chosen, the files to make next, the coverage of each library, and " +
	"the announcements of other platforms. The figures cover the dashboard's time range, or the part of it that is zoomed in.\n\n" +
	"Parameters, all optional:\n\n" +
	"```yaml\noutcome: skipped # only requests with this outcome\ncode: HRT-12     # only requests for creatives that begin with this text\n```\n"

// handle returns the widget as HTML. If the event asks for a description, it returns the
// description instead.
func (h handler) handle(ctx context.Context, event json.RawMessage) (any, error) {
	var c call
	if err := json.Unmarshal(event, &c); err != nil {
		h.report.Log.WarnContext(ctx, "the call does not come from a dashboard", "error", err.Error())
		return "expected a call from a CloudWatch dashboard", nil
	}
	if c.Describe {
		return map[string]string{"markdown": description}, nil
	}
	view := page.View{Name: h.name, Endpoint: endpoint(ctx), Theme: "light", Outcome: c.Outcome, Code: c.Code, Leaf: c.Leaf}
	if c.Context.Theme == "dark" {
		view.Theme = "dark"
	}
	if span := c.Context.TimeRange; span.Zoom.given() {
		view.From, view.To = time.UnixMilli(span.Zoom.Start), time.UnixMilli(span.Zoom.End)
	} else if span.given() {
		view.From, view.To = time.UnixMilli(span.Start), time.UnixMilli(span.End)
	}
	began := h.now()
	data, err := page.Read(ctx, h.sources, began, view.To)
	if err != nil {
		return nil, err
	}
	var html strings.Builder
	if err := page.New(data, view).WriteWidget(&html); err != nil {
		return nil, err
	}
	h.report.Log.InfoContext(ctx, "shown", "bytes", html.Len(), "took_ms", h.now().Sub(began).Milliseconds())
	return html.String(), nil
}
