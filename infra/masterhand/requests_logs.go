package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

var logsCommand = command{
	name: "logs", args: "[-f] [-since 10m]", short: "print what the functions log, a line each",
	define: func(s *session, flags *flag.FlagSet) action {
		o := logOptions{since: age(10 * time.Minute)}
		flags.BoolVar(&o.follow, "f", false, "go on as more comes, until Ctrl-C")
		flags.Var(&o.since, "since", "how far `back` to begin, the like of 10m or 7d")
		flags.StringVar(&o.function, "function", "", "only this `function`: "+strings.Join(programs, ", "))
		flags.BoolVar(&o.all, "all", false, "metrics and Lambda's own lines too")
		return func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("%w: none are taken", errUsage)
			}
			if o.function != "" && !slices.Contains(programs, o.function) {
				return fmt.Errorf("%w: -function is one of %s", errUsage, strings.Join(programs, ", "))
			}
			if s.machine != nil {
				return fmt.Errorf("%w (its log is the file that \"up\" names)", errNotMachine)
			}
			d, err := s.deployment(ctx)
			if err != nil {
				return err
			}
			return s.tail(ctx, d, o)
		}
	},
}

type logOptions struct {
	follow, all bool
	since       age
	function    string // "" is all
}

const (
	logEvery = 2 * time.Second
	// logLate is how late CloudWatch Logs may take in a line: so far back each look goes.
	logLate = 30 * time.Second
)

// tailing is where a look at the logs has come to.
type tailing struct {
	s      *session
	groups map[string]string // by function
	all    bool
	from   time.Time
	seen   map[string]time.Time // ids of lines not before from
}

func (s *session) tail(ctx context.Context, d deployment, o logOptions) error {
	t := tailing{s: s, groups: map[string]string{}, all: o.all, from: s.now().Add(-time.Duration(o.since)), seen: map[string]time.Time{}}
	for function, group := range d.logs {
		if group != "" && (o.function == "" || o.function == function) {
			t.groups[function] = group
		}
	}
	if len(t.groups) == 0 {
		return fmt.Errorf("%s: %w: the functions' log groups", d.stack, errNoOutput)
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

// look prints the lines that were not there before, by time.
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
		if text := line.compact(t.all); text != "" {
			t.s.printf("%s\n", text)
		}
	}
	return nil
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

// forget lets the next look begin later, and what was before go.
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
