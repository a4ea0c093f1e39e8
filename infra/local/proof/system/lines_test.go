package system_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"masterhand/infra/queries"
)

// line is a log line of a function, with the members that the search for missing lines needs.
type line struct {
	Function, Message, Level, RequestID string
	Request, Ended                      string
	Metrics                             json.RawMessage `json:"_aws"`
}

// unsaid searches the whole log. It returns a problem for each line without the id of its
// invocation, and for each ended request that does not have exactly one line about its end.
func (s *env) unsaid(ctx context.Context) (problems []error) {
	log, err := os.ReadFile(s.Log.Name())
	if err != nil {
		return []error{err}
	}
	ends, hows, fields := map[string]int{}, map[string]bool{}, map[string]json.RawMessage{}
	for text := range bytes.Lines(log) {
		var l line
		if json.Unmarshal(text, &l) != nil || l.Level == "" || l.Function == "" || l.Metrics != nil || l.Message == "started" {
			continue // "started" is logged outside any invocation, so it has no id
		}
		_ = json.Unmarshal(text, &fields) // collects the fields of all lines; the error is ignored, because the same text was decoded above
		hows[l.Ended] = true
		if l.RequestID == "" || l.Message == "" {
			problems = append(problems, fmt.Errorf("a line without requestId or message: %s", text))
		}
		if l.Ended != "" && l.Request != "" {
			ends[l.Request]++
		}
	}
	if flag.Lookup("test.run").Value.String() == "" { // only a run of all tests writes every kind of line, so only then are the saved queries checked
		problems = append(problems, unanswered(fields, hows)...)
	}
	items, err := s.Ledger.ByDay(ctx, time.Now().UTC().Format(time.DateOnly), 10_000)
	if err != nil {
		problems = append(problems, err)
	}
	for _, i := range items {
		if i.State.Ended() && strings.HasPrefix(i.ID, "req#") && ends[i.ID] != 1 {
			problems = append(problems, fmt.Errorf("%d lines say that the request %s ended, which is %s: %s", ends[i.ID], i.ID, i.State, i.Code))
		}
	}
	return problems
}

// query matches the parts of a saved query that matter: a string, an alias ("as name"), or a name.
var query = regexp.MustCompile(`"[^"]*"|\bas [a-z_]+|@?[A-Za-z_][\w.]*\(?`)

// words lists the names in queries that are not fields of the functions' log lines. Lambda itself
// writes the last two.
var words = []string{
	"fields", "filter", "sort", "limit", "stats", "by", "as", "and", "or", "in", "desc", "@timestamp", "type", "record.status",
}

// read returns the fields that a saved query takes from the functions' log lines.
func read(text string) (fields []string) {
	var own []string // names that the query itself defines
	for _, token := range query.FindAllString(text, -1) {
		alias, gives := strings.CutPrefix(token, "as ")
		switch {
		case gives:
			own = append(own, alias)
		case token[0] == '"', strings.HasSuffix(token, "("), slices.Contains(words, token), slices.Contains(fields, token):
		default:
			fields = append(fields, token)
		}
	}
	return slices.DeleteFunc(fields, func(name string) bool { return slices.Contains(own, name) })
}

// unanswered returns a problem for each field, and for each value of "ended", that a saved query
// uses but no function has written.
func unanswered(written map[string]json.RawMessage, ended map[string]bool) (problems []error) {
	for _, q := range queries.All {
		fields := read(q.Text)
		if len(fields) < 5 {
			problems = append(problems, fmt.Errorf("the query %q reads the fields %q alone", q.Name, fields))
		}
		for _, name := range fields {
			if written[name] == nil {
				problems = append(problems, fmt.Errorf("the query %q reads %s, which no function has written", q.Name, name))
			}
		}
	}
	for _, end := range []string{"skipped", "failed", "expired"} {
		if !ended[end] {
			problems = append(problems, fmt.Errorf("no request or file has ended as %s", end))
		}
	}
	return problems
}

// If a log line is missing, the search after all tests must find that. It must read the saved
// queries correctly.
func TestMissingLinesAreFound(t *testing.T) {
	t.Parallel()
	got := read(`fields @timestamp, coalesce(slot, subject) as what, ended
| filter ended = "skipped" and type = "platform.report" | stats latest(what) as item, max(waited_ms) as waited by message`)
	if want := []string{"slot", "subject", "ended", "waited_ms", "message"}; !slices.Equal(got, want) {
		t.Errorf("reads %q, want %q", got, want)
	}
	if problems := unanswered(nil, nil); len(problems) < 20 {
		t.Errorf("an empty log leaves %v", problems)
	}
}
