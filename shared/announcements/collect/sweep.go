package collect

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
)

// SweepEvery is the interval between two sweeps.
const SweepEvery = 15 * time.Minute

// sweptAt lists the ages at which a sweep checks a record. At each age two consecutive sweeps check
// the record, in case one of them fails. The ages are far apart, so that only a few messages about
// the same record enter the queue while the collect function is stopped.
var sweptAt = []time.Duration{
	15 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour,
}

// Sweep sends a message for each record that has reached one of the ages in sweptAt and that no run
// has added to a timeline. sent is the number of messages. After an error with one sender's
// records, Sweep continues with the next sender. A second message for the same record does no harm.
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
			continue // skipped: this object is not a record; somebody else stored it
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
