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

// afterwards returns a context that ends after 15 s, for writes that must happen even if ctx has
// ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	const enough = 15 * time.Second
	return context.WithTimeout(context.WithoutCancel(ctx), enough)
}

// Collect processes a message as far as possible: it adds the record to its timeline, sends a
// notice if one is due, and stores the record's files in the bucket.
func (s *Service) Collect(ctx context.Context, m intake.Message) Outcome {
	o := Outcome{Record: m.Key}
	record, err := s.record(ctx, m)
	if errors.Is(err, intake.ErrAbsent) {
		// The message is done: the bucket's lifecycle rule has deleted the record, so a further try
		// could not read it either.
		return Outcome{Record: m.Key, Done: true, Err: err}
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
		s.tellNoFile(ctx, o.Event, "the event announces no file", record.Received, line.Notified, &o)
	}
	if slices.Contains(o.Event.Unknown, senders.UnknownMore) {
		// This one report stands for all files beyond the event's limit.
		s.unlisted(record, senders.File{Name: senders.UnknownMore}, &o)
	}
	return o
}

// record returns the message's record. It stores a record that came inside the message, so that the
// record can be read and replayed later.
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

// take adds the record to its timeline. A record that was added before changes nothing, unless an
// operator asked to replay it. replay is the time at which the operator asked, or zero. fresh
// reports whether this run is the first one that added the record.
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
	// If Mark fails, this run returns fresh = false. The next run then calls Mark again, and
	// returns fresh = true.
	return line, err == nil, err
}

// notify sends a notice about an event if the event decides the state of its timeline.
func (s *Service) notify(ctx context.Context, e senders.Event, received time.Time, line timeline.Timeline) (string, error) {
	if line.State.Identity != e.Identity {
		return "", nil
	}
	return s.tell(ctx, e, received, line.Notified)
}

// tell sends a notice about an event if the event's alert is in NotifyOn and the notice was not sent
// before. It saves in the timeline that the notice was sent. If a run ends between these two steps,
// the next run sends the notice again.
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

// occurrence returns the name of a possible notice about an event; each name is used for at most
// one notice. The name contains the time that the sender states, if there is one. This time is
// needed because, for example, a build's second rejection has the same identity as a repetition of
// its first rejection.
func occurrence(e senders.Event, received time.Time) string {
	name := e.Alert + " " + e.Identity
	if !e.At.Equal(received) {
		name += " " + e.At.UTC().Format(time.RFC3339Nano)
	}
	return name
}

// unlisted reports a file as failed because its timeline has no room for it. The failure must be
// counted once, so only the run that added the record to the timeline counts it.
func (s *Service) unlisted(record intake.Record, f senders.File, o *Outcome) {
	if f.Problem != "" && !senders.Lost(f.Problem) {
		return // no failure to report: the sender says that it has no such file
	}
	given := timeline.File{
		Name: f.Name, Role: f.Role, State: timeline.Failed, Record: record.Key(), Host: f.URL.Host(), Status: f.Status, Code: CodeUnlisted, Since: s.Now(),
	}
	o.Files = append(o.Files, given)
	if o.Fresh {
		o.Ended = append(o.Ended, given)
	}
}
