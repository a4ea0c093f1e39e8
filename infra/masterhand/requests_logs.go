package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/spf13/cobra"
)

func logsCommand(s *session) *cobra.Command {
	o := logOptions{since: age(10 * time.Minute)}
	c := &cobra.Command{
		Use: "logs", Short: "Print the functions' logs, one line for each entry", Args: takesNone,
		Example: examples("logs --follow", "logs --since 2h --function collect"),
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := s.deployment(c.Context())
			switch {
			case err != nil:
				return err
			case s.system != nil:
				return s.tailFile(c.Context(), o)
			}
			return s.tail(c.Context(), d, o)
		},
	}
	flags := c.Flags()
	flags.BoolVarP(&o.follow, "follow", "f", false, "print new lines until Ctrl-C")
	flags.Var(&o.since, "since", "only lines of this `time` up to now, such as 10m or 7d")
	oneOf(c, &o.function, "function", "only lines of this `function`", programs)
	flags.BoolVar(&o.all, "all", false, "also print metrics and Lambda's own lines")
	s.withJSON(c, "a line of JSON for each line of the log")
	return c
}

type logOptions struct {
	follow, all bool
	since       age
	function    string // name of the function; "" means all functions
}

const (
	logEvery = 2 * time.Second
	// logLate is the longest time until CloudWatch Logs shows a line that a function has logged.
	// Therefore each check reads the last 30 seconds again.
	logLate = 30 * time.Second
)

// tailing is the state of a command that prints log lines as they appear.
type tailing struct {
	s      *session
	groups map[string]string // name of the log group, by the function's name
	all    bool
	from   time.Time
	seen   map[string]time.Time // time of each printed line that is not older than the field from, by the line's id
}

func (s *session) tail(ctx context.Context, d deployment, o logOptions) error {
	t := tailing{s: s, groups: map[string]string{}, all: o.all, from: s.now().Add(-time.Duration(o.since)), seen: map[string]time.Time{}}
	for function, group := range d.logs {
		if group != "" && (o.function == "" || o.function == function) {
			t.groups[function] = group
		}
	}
	if len(t.groups) == 0 {
		return fmt.Errorf("%s: %w (missing: the functions' log groups)", d.stack, errNoOutput)
	}
	for {
		began := s.now()
		if err := t.look(ctx); err != nil || !o.follow {
			return err
		}
		t.forget(began.Add(-logLate))
		if err := s.pause(ctx, logEvery); err != nil {
			return err
		}
	}
}

// look reads the logs, and prints the lines that were not printed before, sorted by time.
func (t *tailing) look(ctx context.Context) error {
	var lines []logLine
	for function, group := range t.groups {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(t.s.logs(), &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: &group, StartTime: new(t.from.UnixMilli()),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("reading the log of %s: %w", function, err)
			}
			lines = append(lines, t.unseen(function, page.Events)...)
		}
	}
	slices.SortStableFunc(lines, func(a, b logLine) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.function, b.function))
	})
	for _, line := range lines {
		if err := t.s.printLog(line, t.all); err != nil {
			return err
		}
	}
	return nil
}

// printLog prints a line of the log. It prints nothing if compact returns "".
func (s *session) printLog(l logLine, all bool) error {
	text := l.compact(all)
	switch {
	case text == "":
		return nil
	case s.asJSON:
		return s.JSON(l.structured())
	}
	s.printf("%s\n", text)
	return nil
}

// tailFile prints the log of the system on this machine. All functions write to that one file.
func (s *session) tailFile(ctx context.Context, o logOptions) error {
	file, err := os.Open(s.system.Log)
	if err != nil {
		return fmt.Errorf("the log of the system on this machine: %w", err)
	}
	defer file.Close()
	oldest, in, line := s.now().Add(-time.Duration(o.since)), bufio.NewReader(file), ""
	for {
		text, err := in.ReadString('\n')
		line += text // keep an incomplete line at the end of the file until the rest is written
		switch {
		case err == nil:
			l := readLogLine(line)
			line = ""
			if !l.at.Before(oldest) && (o.function == "" || o.function == l.function) {
				err = s.printLog(l, o.all)
			}
		case !errors.Is(err, io.EOF):
		case o.follow:
			err = s.pause(ctx, logEvery)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tailing) unseen(function string, events []types.FilteredLogEvent) (lines []logLine) {
	for _, e := range events {
		id := value(e.EventId)
		if _, before := t.seen[id]; before || e.Timestamp == nil {
			continue
		}
		at := time.UnixMilli(*e.Timestamp)
		t.seen[id] = at
		lines = append(lines, logLine{at: at, function: function, text: value(e.Message)})
	}
	return lines
}

// forget sets the time from which the next call of the method look reads log lines. It also removes
// the ids of older lines from the field seen.
func (t *tailing) forget(from time.Time) {
	if from.Before(t.from) {
		return
	}
	t.from = from.Truncate(time.Millisecond)
	for id, at := range t.seen {
		if at.Before(t.from) {
			delete(t.seen, id)
		}
	}
}
