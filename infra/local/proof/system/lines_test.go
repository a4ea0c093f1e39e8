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

// line is a line of a function's log, with the members that the search for missing ones needs.
type line struct {
	Function, Message, Level, RequestID string
	Request, Ended                      string
	Metrics                             json.RawMessage `json:"_aws"`
}

// unsaid looks through the whole log for lines of the functions without the id of their
// invocation, and for requests that ended without just one line that says so.
func (s *env) unsaid(ctx context.Context) (problems []error) {
	log, err := os.ReadFile(s.Log.Name())
	if err != nil {
		return []error{err}
	}
	ends, hows, fields := map[string]int{}, map[string]bool{}, map[string]json.RawMessage{}
	for text := range bytes.Lines(log) {
		var l line
		if json.Unmarshal(text, &l) != nil || l.Level == "" || l.Function == "" || l.Metrics != nil || l.Message == "started" {
			continue // "started" is logged before any invocation
		}
		_ = json.Unmarshal(text, &fields) // as above; the fields of all lines gather
		hows[l.Ended] = true
		if l.RequestID == "" || l.Message == "" {
			problems = append(problems, fmt.Errorf("a line without requestId or message: %s", text))
		}
		if l.Ended != "" && l.Request != "" {
			ends[l.Request]++
		}
	}
	if flag.Lookup("test.run").Value.String() == "" { // all tests together make every line
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

// query is what the texts of saved queries are made of: strings, names, and everything else.
var query = regexp.MustCompile(`"[^"]*"|\bas [a-z_]+|@?[A-Za-z_][\w.]*\(?`)

// words of queries that name no field. Lambda writes the last two.
var words = []string{
	"fields", "filter", "sort", "limit", "stats", "by", "as", "and", "or", "in", "desc", "@timestamp", "type", "record.status",
}

// read lists the fields of the functions' lines that a saved query reads.
func read(text string) (fields []string) {
	var own []string // names that the query itself gives
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

// unanswered returns what saved queries look for and no line of the functions has: fields, and
// values of "ended".
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

// The search that follows all tests must be able to find something, and read queries right.
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
