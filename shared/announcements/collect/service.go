package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
)

// afterwards gives what must be written down some time of its own, when the run's is over.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	const enough = 15 * time.Second
	return context.WithTimeout(context.WithoutCancel(ctx), enough)
}

// Collect takes a message as far as it goes: its record into the timeline, what a human
// may want to hear to who tells it, its files into the bucket.
func (s *Service) Collect(ctx context.Context, m intake.Message) Outcome {
	o := Outcome{Record: m.Key}
	record, err := s.record(ctx, m)
	if errors.Is(err, intake.ErrAbsent) {
		return Outcome{Record: m.Key, Done: true, Err: err} // its time in the bucket is over
	}
	if err != nil {
		o.Err = err
		return o
	}
	o.Record = record.Key()
	if o.Event, err = senders.Read(record.Delivery(), s.Posternity); err != nil {
		o.Err = err
		return o
	}
	if isMaster := func(f senders.File) bool { return f.Role == senders.Master }; o.Event.Alert == "" &&
		record.Coordinates.Problem == intake.ProblemForeignCode && slices.ContainsFunc(o.Event.Files, isMaster) {
		o.Event.Alert, o.Event.Detail = senders.AlertForeignCode, record.Coordinates.Problem
	}
	line, fresh, err := s.take(ctx, record, o.Event, m.Replay)
	o.Fresh = fresh
	if err != nil {
		o.Err = err
		return o
	}
	o.Notified, o.Err = s.notify(ctx, o.Event, record.Received, line)
	o.Done = o.Err == nil
	if o.Event.Test {
		return o
	}
	for _, f := range o.Event.Files {
		s.file(ctx, record, f, &o)
	}
	if slices.Contains(o.Event.Unknown, senders.UnknownFile) {
		s.tellNoFile(ctx, o.Event, "the event announces none", record.Received, line.Notified, &o)
	}
	if slices.Contains(o.Event.Unknown, senders.UnknownMore) {
		s.unlisted(record, senders.File{Name: senders.UnknownMore}, &o) // one stands for them all
	}
	return o
}

// record returns what the message is about. A record that travelled in the queue is put
// where the others are, to be read and replayed later.
func (s *Service) record(ctx context.Context, m intake.Message) (intake.Record, error) {
	if m.Record == nil {
		return s.Records.Get(ctx, m.Key)
	}
	data, err := intake.Encode(*m.Record)
	if err != nil {
		return intake.Record{}, fmt.Errorf("encoding a record: %w", err)
	}
	return *m.Record, s.Records.Put(ctx, m.Record.Key(), data)
}

// take enters the record into its timeline, once, and once more where somebody asked for
// that at a time.
func (s *Service) take(ctx context.Context, record intake.Record, e senders.Event, replay time.Time) (line timeline.Timeline, fresh bool, err error) {
	taken, err := s.Timelines.Marked(ctx, record.Key())
	if err != nil {
		return line, false, err
	}
	line, err = timeline.Change(ctx, s.Timelines, e.Sender, e.Subject, func(t *timeline.Timeline) bool {
		fresh = (!taken || t.Version == 0) && t.Take(e, record.Key(), record.Received, s.Now())
		changed := !replay.IsZero() && t.Replay(e, record.Key(), record.Received, replay) || fresh
		for _, f := range e.Files {
			if line := t.File(f.Name); line != nil && line.Newest == record.Key() {
				line.Slot = slotted(f, record.Coordinates)
			}
		}
		return changed
	})
	if err != nil || taken {
		return line, fresh, err
	}
	err = s.Timelines.Mark(ctx, record.Key(), s.Now())
	return line, err == nil, err // a run that could not mark it leaves what is told once to the next
}

// notify tells of an event if it counts in its timeline.
func (s *Service) notify(ctx context.Context, e senders.Event, received time.Time, line timeline.Timeline) (string, error) {
	if line.State.Identity != e.Identity {
		return "", nil
	}
	return s.tell(ctx, e, received, line.Notified)
}

// tell tells of an event if it is told of, and not among those notified before. A run that ends between
// telling and noting it tells twice.
func (s *Service) tell(ctx context.Context, e senders.Event, received time.Time, notified []string) (string, error) {
	alert := occurrence(e, received)
	if s.Notifier == nil || e.Test || !slices.Contains(s.NotifyOn, e.Alert) || slices.Contains(notified, alert) {
		return "", nil
	}
	err := s.Notifier.Notify(ctx, Notice{
		Code: e.Alert, Sender: e.Sender, Subject: e.Subject, Type: e.Type, Status: e.Status, Detail: e.Detail, At: e.At,
	})
	if err != nil {
		return "", err
	}
	_, err = timeline.Change(ctx, s.Timelines, e.Sender, e.Subject, func(t *timeline.Timeline) bool { return t.Told(alert) })
	return e.Alert, err
}

// occurrence names what is told once. Senders repeat an event that they think unheard, and
// use its identity again when the same comes to pass once more: what tells the two apart
// is the sender's time, where it tells one.
func occurrence(e senders.Event, received time.Time) string {
	name := e.Alert + " " + e.Identity
	if !e.At.Equal(received) {
		name += " " + e.At.UTC().Format(time.RFC3339Nano)
	}
	return name
}

// unlisted gives up a file that its timeline has no room for. There is nothing to be noted
// in, so that it is told of with the record's first run alone.
func (s *Service) unlisted(record intake.Record, f senders.File, o *Outcome) {
	if f.Problem != "" {
		return // there is none
	}
	given := timeline.File{
		Name: f.Name, Role: f.Role, State: timeline.Failed, Record: record.Key(), Host: f.URL.Host(), Status: f.Status, Code: CodeUnlisted, Since: s.Now(),
	}
	o.Files = append(o.Files, given)
	if o.Fresh {
		o.Ended = append(o.Ended, given)
	}
}
