package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"masterhand/infra/local/running"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/request/ledger/dynamostore"
)

// narrateEvery is the interval at which "up" reads the ledger for changes.
const narrateEvery = time.Second

// narrate prints one line for each new or changed request and announcement, with advice for the
// operator. It reads the system that this process runs, and returns when ctx ends.
func (s *session) narrate(ctx context.Context, at running.System) {
	here := *s
	here.system, here.aws = &at, localConfig(at)
	d := here.localDeployment()
	requests := watch{store: dynamostore.Store{Client: here.dynamodb(), Table: d.ledger}, query: requestQuery{since: age(time.Hour), limit: followed}}
	announced := map[string]int64{} // last printed version of a timeline, by the timeline's id
	for here.pause(ctx, narrateEvery) == nil {
		if err := here.narrateOnce(ctx, d, &requests, announced); err != nil && ctx.Err() == nil {
			here.warn("requests and announcements cannot be read: %v", err)
		}
	}
}

func (s *session) narrateOnce(ctx context.Context, d deployment, requests *watch, announced map[string]int64) error {
	changed, err := requests.look(ctx, s.now())
	if err != nil {
		return err
	}
	for _, item := range changed {
		s.printf("%s\n", s.requestLine(item))
		lib, err := s.libraryOf(ctx, d, item)
		if err != nil {
			return err
		}
		if next := s.next(s.advice(ctx, d, item, lib)); next != "" {
			s.printf("  %s\n", strings.ReplaceAll(next, "\n", "\n  "))
		}
	}
	quiet := *s
	quiet.Width = 0 // a width of 0 turns the progress bar off: the bar would disturb the printed lines
	lines, err := quiet.findTimelines(ctx, d, timelineQuery{since: age(time.Hour), limit: followed})
	if err != nil {
		return err
	}
	for _, line := range lines {
		if announced[line.ID()] != line.Version {
			announced[line.ID()] = line.Version
			s.printf("%s\n", s.announcementLine(line))
		}
	}
	return nil
}

// announcementLine returns a line about a subject: the time of its last change, its condition, and
// its stored files or the reason why there are none.
func (s *session) announcementLine(t timeline.Timeline) string {
	state := t.Condition()
	words := []string{
		t.UpdatedAt.UTC().Format("15:04:05Z"), s.Painted(conditionPaint(state), fmt.Sprintf("%-9s", state)),
		t.Sender, printable(t.Subject), printable(dash(senderSays(t))),
	}
	for _, f := range t.Files {
		if f.State == timeline.Stored {
			words = append(words, bytesMoved(f.Size), printable(f.Key))
		}
	}
	if why := trouble(t); why != "" {
		words = append(words, printable(why))
	}
	return strings.Join(words, "  ")
}
