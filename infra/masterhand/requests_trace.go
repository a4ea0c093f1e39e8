package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/spf13/cobra"

	"masterhand/infra/masterhand/screen"
	"masterhand/shared/library/masters"
	"masterhand/shared/request/affected"
	"masterhand/shared/request/ledger"
	"masterhand/shared/request/ledger/dynamostore"
	"masterhand/shared/views/advice"
)

func traceCommand(s *session) *cobra.Command {
	c := &cobra.Command{
		Use: "trace REQUEST", Short: "Show what happened to one request, step by step", Args: takes(1, 1, "one request's id"),
		Long: `Shows what happened to one request, step by step. REQUEST is the id, or the start of the id as "` + typed("requests") + `"
and the logs show it. The steps come from the ledger, which has the times of the last
attempt, and from the functions' logs, which have the result of each attempt. In AWS,
lines of the logs may appear some seconds late.`,
		Example: examples("trace 1a2b3c4d"),
		RunE: func(c *cobra.Command, args []string) error {
			t, err := s.trace(c.Context(), args[0])
			switch {
			case err != nil:
				return err
			case s.asJSON:
				return s.JSON(t)
			}
			return s.showTrace(t)
		},
	}
	s.withJSON(c, "one line of JSON")
	return c
}

// trace is the history of one request, as --json prints it.
type trace struct {
	Request  ledger.Item    `json:"request"`
	Affected affected.Names `json:"affected,omitzero"`
	Steps    []step         `json:"steps"` // steps of the request, sorted by time

	library masters.Library // library of the request; the zero value if the deployment no longer has it
	ignored bool            // whether a tag excludes the file that the operator would have to upload
}

// step is one step in the history of a request, from the ledger or from a function's log.
type step struct {
	At   time.Time       `json:"at"`
	What string          `json:"what"`           // name of the step, such as "received"; "" for a step from a function's log
	By   string          `json:"by,omitempty"`   // function that logged the step; "" if the step comes from the ledger
	Line json.RawMessage `json:"line,omitempty"` // line that the function logged; nil if the step comes from the ledger
}

func (s *session) trace(ctx context.Context, id string) (t trace, err error) {
	d, err := s.deployment(ctx)
	if err != nil {
		return t, err
	}
	store := dynamostore.Store{Client: s.dynamodb(), Table: d.ledger}
	if t.Request, err = s.findRequest(ctx, store, id); err != nil {
		return t, err
	}
	named, err := store.Affected(ctx, []string{t.Request.ID})
	if err != nil {
		return t, err
	}
	t.Affected = named[t.Request.ID]
	if t.library, err = s.libraryOf(ctx, d, t.Request); err != nil {
		return t, err
	}
	t.ignored = s.ignored(ctx, d, t.library, advice.For(t.Request, t.library).Put)
	lines, err := s.logged(ctx, d, t.Request)
	if err != nil {
		s.warn("the steps from the logs are missing: %v", err)
	}
	t.Steps = append(dated(t.Request), lines...)
	slices.SortStableFunc(t.Steps, func(a, b step) int { return a.At.Compare(b.At) })
	return t, nil
}

// The smallest number of digits of an id that the operator must type, and the number of digits of a
// whole id.
const (
	minStart = 4
	wholeID  = 64
)

var errNoID = errors.New("REQUEST must be a request's id, or at least its first four digits")

// findRequest returns the request whose id is the value of start. If start is only the beginning of
// an id, exactly one request of the last recentDays days must have an id that begins with start.
func (s *session) findRequest(ctx context.Context, store dynamostore.Store, start string) (ledger.Item, error) {
	kind, digits, has := strings.Cut(strings.ToLower(start), "#")
	if !has {
		kind, digits = "", kind
	}
	if len(digits) < minStart || strings.Trim(digits, "0123456789abcdef") != "" {
		return ledger.Item{}, fmt.Errorf("%w: %w", errUsage, errNoID)
	}
	if len(digits) == wholeID {
		return store.Load(ctx, cmp.Or(kind, "req")+"#"+digits)
	}
	var found []ledger.Item
	for _, day := range lastDays(s.now(), recentDays) {
		items, err := store.ByDay(ctx, day, scanned)
		if err != nil {
			return ledger.Item{}, err
		}
		for _, item := range items {
			of, id, _ := strings.Cut(item.ID, "#")
			if strings.HasPrefix(id, digits) && (kind == "" || kind == of) {
				found = append(found, item)
			}
		}
	}
	switch len(found) {
	case 0:
		return ledger.Item{}, fmt.Errorf("no request of the last %d days has an id that begins with %s", recentDays, digits)
	case 1:
		return found[0], nil
	}
	return ledger.Item{}, fmt.Errorf("%d requests have an id that begins with %s: give more digits of the id", len(found), digits)
}

// dated returns the steps of a request whose times the ledger records.
func dated(i ledger.Item) (steps []step) {
	end, after := i.State, time.Time{}
	if advice.Replaced(i) {
		// The request was delivered. Later the platform reported that it has another file.
		// UpdatedAt is the time of that report, because nothing else changes a request that has
		// ended.
		end, after = ledger.Delivered, i.UpdatedAt
	}
	for _, d := range []struct {
		at   time.Time
		what string
	}{
		{i.ReceivedAt, "received"}, {i.ClaimedAt, fmt.Sprintf("claimed for attempt %d", i.Attempts)}, {i.DecidedAt, "decided"},
		{i.UploadedAt, "uploaded"}, {i.EndedAt, "ended: " + string(end)},
		{after, "superseded: the platform reported that it has another file"},
	} {
		if !d.at.IsZero() {
			steps = append(steps, step{At: d.at, What: d.what})
		}
	}
	return steps
}

// logged returns the steps of a request that appear in the functions' logs.
func (s *session) logged(ctx context.Context, d deployment, i ledger.Item) (steps []step, err error) {
	keep := func(l logLine) {
		if strings.Contains(l.text, i.ID) && json.Valid([]byte(l.text)) && l.compact(false) != "" {
			steps = append(steps, step{At: l.at, By: l.function, Line: json.RawMessage(l.text)})
		}
	}
	if s.system != nil {
		return steps, eachLine(s.system.Log, keep)
	}
	for function, group := range d.logs {
		if group == "" || function != "fulfill" && function != "finish" {
			continue
		}
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(s.logs(), &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: &group, FilterPattern: new(fmt.Sprintf("%q", i.ID)),
			StartTime: new(i.ReceivedAt.Add(-time.Minute).UnixMilli()), EndTime: new(i.UpdatedAt.Add(time.Minute).UnixMilli()),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return steps, fmt.Errorf("reading the log of %s: %w", function, err)
			}
			for _, e := range page.Events {
				keep(logLine{at: time.UnixMilli(*e.Timestamp), function: function, text: strings.TrimSpace(value(e.Message))})
			}
		}
	}
	return steps, nil
}

// eachLine calls keep for each line of a log file of a system on this machine.
func eachLine(path string, keep func(logLine)) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the log of the system on this machine: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		keep(readLogLine(lines.Text()))
	}
	return lines.Err()
}

// showTrace prints a request, and then one line for each of its steps.
func (s *session) showTrace(t trace) error {
	i := t.Request
	slot := printable(strings.TrimSpace(slotWords(i.Slot) + " " + i.Target))
	s.printf("%s: %s\n", cmp.Or(slot, "unreadable request"), s.Painted(statePaint(i.State), printable(ending(i))))
	s.printf("request %s, from %s, to be answered by %s\n", printable(i.ID), dash(printable(i.Destination)), dash(screen.Time(i.ExpiresAt)))
	if !t.Affected.IsZero() {
		s.printf("wanted by %s\n", printable(t.Affected.Words()))
	}
	todo := advice.For(i, t.library)
	if t.ignored {
		todo = todo.Undo()
	}
	if next := s.next(todo); next != "" {
		s.printf("%s\n", next)
	}
	s.printf("\n")
	for _, step := range t.Steps {
		text := step.What
		if step.Line != nil {
			// Remove the time from the line, because the time is already printed before each step.
			_, text, _ = strings.Cut(logLine{at: step.At, function: step.By, text: step.telling()}.compact(false), " ")
		}
		s.printf("%s  %8s  %s\n", step.At.UTC().Format("15:04:05.000Z"), "+"+took(step.At.Sub(i.ReceivedAt)), text)
	}
	return nil
}

// telling returns the logged line without its empty fields and without the fields that are equal in
// all steps of a request.
func (s step) telling() string {
	var fields map[string]any
	if json.Unmarshal(s.Line, &fields) != nil {
		return string(s.Line)
	}
	maps.DeleteFunc(fields, func(name string, value any) bool {
		return value == "" || value == false || value == 0.0 ||
			slices.Contains([]string{"request", "slot", "topic", "class", "event", "secret", "upload_host", "requestId"}, name)
	})
	line, _ := json.Marshal(fields) // the error is ignored: encoding fields that were decoded from JSON never fails
	return string(line)
}
