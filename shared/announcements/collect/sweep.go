package collect

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// SweepEvery is how often a sweep is due.
const SweepEvery = 15 * time.Minute

// sweptAt are the ages at which a record is looked at, each for two sweeps, so that one
// may fail: seldom, lest records whose messages only wait for their turn fill the queue
// with copies of these while nothing collects.
var sweptAt = []time.Duration{
	15 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour,
}

// Sweep sends to the queue what intake kept and no message told of: records that nobody
// took by the ages of sweptAt. It returns how many. The newest days come first, and what
// one sender's records stand in the way of, another's do not. A record whose message only
// waits for its turn is sent once more, which is as good as once.
func (s *Service) Sweep(ctx context.Context) (sent int, err error) {
	now := s.Now()
	oldest := now.Add(-sweptAt[len(sweptAt)-1] - 2*SweepEvery).Truncate(24 * time.Hour)
	for day := now; !day.Before(oldest); day = day.Add(-24 * time.Hour) {
		for _, sender := range senders.Names() {
			n, failed := s.sweepDay(ctx, intake.DayPrefix(sender, day), now)
			sent, err = sent+n, errors.Join(err, failed)
		}
	}
	return sent, err
}

func (s *Service) sweepDay(ctx context.Context, prefix string, now time.Time) (sent int, err error) {
	for key, err := range s.Records.List(ctx, prefix, "") {
		if err != nil {
			return sent, err
		}
		_, id, err := intake.ParseKey(key)
		if err != nil {
			continue // somebody else put it there
		}
		if at, err := intake.IDTime(id); err != nil || !isSwept(now.Sub(at)) {
			continue
		}
		taken, err := s.Timelines.Marked(ctx, key)
		if err != nil {
			return sent, err
		}
		if taken {
			continue
		}
		message, err := intake.EncodeKey(key)
		if err != nil {
			return sent, err
		}
		if err := s.Queue.Send(ctx, message); err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

func isSwept(age time.Duration) bool {
	for _, from := range sweptAt {
		if age >= from && age < from+2*SweepEvery {
			return true
		}
	}
	return false
}
