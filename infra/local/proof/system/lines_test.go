package system_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
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
	ends, lines := map[string]int{}, 0
	for text := range bytes.Lines(log) {
		var l line
		if json.Unmarshal(text, &l) != nil || l.Level == "" || l.Function == "" || l.Metrics != nil {
			continue
		}
		lines++
		if l.RequestID == "" || l.Message == "" {
			problems = append(problems, fmt.Errorf("a line without requestId or message: %s", text))
		}
		if l.Ended != "" && l.Request != "" {
			ends[l.Request]++
		}
	}
	if lines == 0 {
		problems = append(problems, fmt.Errorf("no function has logged anything"))
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
