package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"masterhand/infra/local/sim/programtest"
	"masterhand/shared/kit/emf"
	"masterhand/shared/kit/telemetry"
	"masterhand/shared/library/creative"
	"masterhand/shared/library/masters"
	"masterhand/shared/library/masters/masterstest"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/views/page"
)

func TestMain(m *testing.M) {
	programtest.Main(main)
	os.Exit(m.Run())
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	arn     = "arn:aws:lambda:eu-central-1:000000000000:function:widget:live"
	hostile = `</cwdb-action><script>alert(1)</script><iframe src=x></iframe><svg><use href="#x"/></svg>`
)

// store is a ledger for tests. It has 300 requests, one every ten minutes; the last one arrived at
// noon. The field err is the error that ByDayUntil returns.
type store struct {
	err   error
	until time.Time
}

func (s *store) ByDayUntil(_ context.Context, day string, until time.Time, limit int) (found []ledger.Item, _ error) {
	s.until = until
	for n := range 300 {
		at := noon.Add(-time.Duration(n) * 10 * time.Minute)
		i := ledger.Item{
			ID: fmt.Sprintf("req#%012x", n), State: ledger.Skipped, Target: "9x16", Library: "default", ReceivedAt: at, ExpiresAt: at.Add(time.Hour), EndedAt: at.Add(time.Second),
			Decision: &ledger.Decision{Skip: "no_match:aspect"}, Detail: hostile, Destination: hostile,
			Slot: creative.Slot{Project: "p", Creative: creative.Creative{Code: "HRT-1", Variation: 1 + n%3}, Locale: "en", Kind: creative.Video}.Key(),
		}
		if at.Format(time.DateOnly) == day && !at.After(until) && len(found) < limit {
			found = append(found, i)
		}
	}
	return found, s.err
}

func (s *store) Affected(_ context.Context, ids []string) (map[string]affected.Names, error) {
	found := map[string]affected.Names{}
	for _, id := range ids {
		found[id] = affected.Names{Ads: affected.List{Count: 1, Names: []string{hostile}}}
	}
	return found, nil
}

// asked calls the widget with an event, and returns its answer, its log and its error.
func asked(t *testing.T, s *store, event string) (answer any, said string, err error) {
	t.Helper()
	var out bytes.Buffer
	h := handler{
		sources: page.Sources{Requests: s, Names: s, Blobs: &masterstest.Memory{}, Libraries: []masters.Library{{Name: "default"}}},
		name:    "production", now: func() time.Time { return noon },
		report: telemetry.Reporter{Log: slog.New(slog.NewJSONHandler(&out, nil)), Metrics: &emf.Writer{W: &out, Namespace: "test", Now: time.Now}},
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{InvokedFunctionArn: arn})
	answer, err = h.handle(ctx, json.RawMessage(event))
	return answer, out.String(), err
}

// shown calls the widget with an event, and returns the HTML of its answer.
func shown(t *testing.T, s *store, event string) string {
	t.Helper()
	answer, said, err := asked(t, s, event)
	html, is := answer.(string)
	if err != nil || !is || len(html) > 500_000 {
		t.Fatalf("%v, %v, %d bytes", answer, err, len(html))
	}
	if strings.Contains(said, "alert(1)") {
		t.Errorf("a name is logged: %s", said)
	}
	return html
}

func TestTheWidgetDescribesItself(t *testing.T) {
	t.Parallel()
	answer, _, err := asked(t, &store{}, `{"describe":true}`)
	described, is := answer.(map[string]string)
	if err != nil || !is || !strings.Contains(described["markdown"], "outcome: skipped") {
		t.Errorf("%v, %v", answer, err)
	}
}

// The widget must not contain markup that CloudWatch removes, and no file name may become such markup.
func TestTheWidgetIsPlainMarkup(t *testing.T) {
	t.Parallel()
	html := shown(t, &store{}, `{"widgetContext":{"theme":"dark"}}`)
	for _, stripped := range []string{"<script", "<iframe", "<use", "<form", "<input", "<link", "<meta", "<html", "javascript:", "http://", "https://"} {
		if strings.Contains(html, stripped) {
			t.Errorf("%s stands in the widget", stripped)
		}
	}
	if opened, closed := strings.Count(html, "<cwdb-action"), strings.Count(html, "</cwdb-action>"); opened != closed || opened < 12 {
		t.Errorf("%d actions are opened and %d closed", opened, closed)
	}
	for _, want := range []string{
		`<div class="mh small dark">`, `<a>why</a><cwdb-action action="html" display="popup">`, "HRT-1-1",
		`<a>older</a><cwdb-action action="call" endpoint="` + arn + `">{&#34;code&#34;:&#34;&#34;,&#34;leaf&#34;:1,&#34;outcome&#34;:&#34;&#34;}</cwdb-action>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the widget lacks %s", want)
		}
	}
}

func TestTheDashboardsChoicesAreHonoured(t *testing.T) {
	t.Parallel()
	span := func(from, to time.Time) string {
		return fmt.Sprintf(`{"start":%d,"end":%d`, from.UnixMilli(), to.UnixMilli())
	}
	hours := func(n time.Duration) time.Time { return noon.Add(-n * time.Hour) }
	zoomed := fmt.Sprintf(`{"widgetContext":{"timeRange":%s,"zoom":%s}}}}`, span(hours(24), noon), span(hours(6), hours(5)))
	for name, c := range map[string]struct {
		event string
		want  []string
		until time.Time
	}{
		"nothing":       {`{}`, []string{`class="mh small light"`, "last 24 hours", "<b>144</b> requests: "}, noon},
		"a time range":  {`{"widgetContext":{"timeRange":` + span(hours(3), noon) + `}}}`, []string{"<b>18</b> requests: ", "21 Nov 09:00 to 21 Nov 12:00 UTC"}, noon},
		"a zoom":        {zoomed, []string{"<b>6</b> requests: ", "21 Nov 06:00 to 21 Nov 07:00 UTC"}, hours(5)},
		"a leaf":        {`{"leaf":2}`, []string{"<a>newer</a>", `&#34;leaf&#34;:1`, `&#34;leaf&#34;:3`}, noon},
		"a creative":    {`{"code":"hrt-1-2"}`, []string{"HRT-1-2", `&#34;code&#34;:&#34;hrt-1-2&#34;`}, noon},
		"an outcome":    {`{"outcome":"delivered"}`, []string{"No request matches the filter."}, noon},
		"a foreign one": {`{"leaf":-1,"widgetContext":{"theme":"` + "blue" + `","timeRange":{"start":5,"end":1}}}`, []string{`class="mh small light"`, "last 24 hours"}, noon},
	} {
		s := &store{}
		html := shown(t, s, c.event)
		for _, want := range c.want {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the widget lacks %s", name, want)
			}
		}
		if !s.until.Equal(c.until) {
			t.Errorf("%s: read until %s, want %s", name, s.until, c.until)
		}
	}
}

func TestFaultsAndForeignCalls(t *testing.T) {
	t.Parallel()
	broken := errors.New("table is down")
	if _, _, err := asked(t, &store{err: broken}, `{}`); !errors.Is(err, broken) {
		t.Errorf("a fault is %v", err)
	}
	if answer, said, err := asked(t, &store{}, `[1]`); err != nil || !strings.Contains(fmt.Sprint(answer), "expected a call") || said == "" {
		t.Errorf("%v, %v", answer, err)
	}
}
