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

// line holds those fields of a function's log line that the method unsaid checks.
type line struct {
	Function, Message, Level, RequestID string
	Request, Ended                      string
	Metrics                             json.RawMessage `json:"_aws"`
}

// unsaid searches the whole log for missing data. It returns a problem for each log line without
// the id of its invocation. It also returns a problem for each ended request, unless exactly one
// log line reports the end.
func (s *env) unsaid(ctx context.Context) (problems []error) {
	log, err := os.ReadFile(s.Log.Name())
	if err != nil {
		return []error{err}
	}
	ends, hows, fields := map[string]int{}, map[string]bool{}, map[string]json.RawMessage{}
	for text := range bytes.Lines(log) {
		var l line
		if json.Unmarshal(text, &l) != nil || l.Level == "" || l.Function == "" || l.Metrics != nil || l.Message == "started" {
			continue // the line "started" is skipped, because it belongs to no invocation and has no id
		}
		// fields collects the fields of all log lines. The error is ignored: the condition above
		// has already decoded the same text.
		_ = json.Unmarshal(text, &fields)
		hows[l.Ended] = true
		if l.RequestID == "" || l.Message == "" {
			problems = append(problems, fmt.Errorf("a line without requestId or message: %s", text))
		}
		if l.Ended != "" && l.Request != "" {
			ends[l.Request]++
		}
	}
	// The saved queries are checked only if all tests were run, because a part of the tests does
	// not write every kind of log line.
	if flag.Lookup("test.run").Value.String() == "" {
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

// query matches the tokens of a saved query that the function read needs: strings, aliases ("as
// name") and names.
var query = regexp.MustCompile(`"[^"]*"|\bas [a-z_]+|@?[A-Za-z_][\w.]*\(?`)

// words lists the words in saved queries that are not fields of the functions' log lines: keywords,
// the timestamp of CloudWatch, and the last two, which are fields of Lambda's own log lines.
var words = []string{
	"fields", "filter", "sort", "limit", "stats", "by", "as", "and", "or", "in", "desc", "@timestamp", "type", "record.status",
}

// read returns the names of the fields that a saved query reads from the functions' log lines.
func read(text string) (fields []string) {
	var own []string // aliases that the query itself defines
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

// unanswered returns a problem for each field that a saved query reads but no function has written.
// It also returns a problem if no log line has "skipped" in the field "ended", and likewise for
// "failed" and "expired".
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

// The function read must find all fields of a saved query. The function unanswered must report a
// problem for each of these fields that no log line contains.
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
