package collect

import (
	"context"
	"errors"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/kit/backoff"
	"masterhand/shared/library/media"
)

// restarts is the number of times that a run may fetch a file again from its first byte.
const restarts = 2

// fetch copies the file from its URL to the bucket. It begins again at byte 0 if the file changed,
// or if the transfer was cut and the server cannot prove that the file is unchanged. end is the
// file's state to save in the timeline. fetched is the number of bytes that this run received.
func (s *Service) fetch(ctx context.Context, j *job) (end timeline.File, fetched int64, err error) {
	if p := j.line.Progress; p != nil && p.Place != j.place() {
		// The error is ignored: the bucket's lifecycle rule removes an upload that Abort could not
		// remove.
		_ = s.Bucket.Abort(ctx, p.Key, p.Upload)
		j.line.Progress = nil
	}
	cut := int64(-1)
	for try := 0; ; try++ {
		c := s.copying(j)
		c.resume(j.line.Progress)
		end = timeline.File{State: timeline.Stored}
		end.Progress, err = c.run(ctx)
		if end.Progress != nil {
			end.Progress.Place = j.place()
		}
		fetched += c.from.offset - c.started
		if err == nil {
			end.Copy = j.line.Copy
			return end, fetched, nil
		}
		var f *fault
		if !errors.As(err, &f) || end.Progress != nil || try == restarts || f.code != CodeCut && f.code != CodeChanged {
			return end, fetched, err
		}
		if f.code == CodeCut && c.from.size > 0 && c.from.offset == cut {
			return end, fetched, faulty(CodeLength, forever, "%d bytes twice, though the server said %d", cut, c.from.size)
		}
		cut, j.line.Progress = c.from.offset, nil
	}
}

// locate sets the job's coordinates to those of the newest record that announced the file, if that
// record still exists. If the token of the job's own record may not announce the newest record's
// code, the file is stored in the folder for unsorted files, and locate sends a notice.
func (s *Service) locate(ctx context.Context, j *job) error {
	j.coordinates = j.record.Coordinates
	if j.file.Role != senders.Master || j.coordinates.Problem == intake.ProblemForeignCode {
		return nil
	}
	newest := max(j.line.Newest, j.line.Record) // Newest is "" in a timeline that an older version stored
	if newest == j.record.Key() {
		return nil
	}
	last, err := s.Records.Get(ctx, newest)
	if errors.Is(err, intake.ErrAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	j.coordinates = j.record.Permitted(last.Coordinates)
	if j.coordinates.Problem != intake.ProblemForeignCode {
		return nil
	}
	e := j.event
	e.Alert, e.Detail = senders.AlertForeignCode, j.coordinates.Problem
	j.alert, err = s.tell(ctx, e, j.record.Received, j.notified)
	return err
}

// instead returns the verdict for content that is not media. An HTML page or an error text may be
// temporary, so the file is tried again; for any other content the failure is final.
func instead(contentType string) verdict {
	switch contentType {
	case "text/html", "text/plain", "text/xml", "application/json", "application/xhtml+xml":
		return soon
	}
	return forever
}

// copying returns a new [copying] that copies the job's file from its URL to the bucket.
func (s *Service) copying(j *job) *copying {
	limit := s.MaxBytes
	if j.file.Role == senders.Build {
		limit = s.MaxBuild
	}
	return &copying{
		bucket: s.Bucket, partSize: s.PartSize,
		from: &download{
			client: s.Client, address: j.file.URL, silence: s.Silence, backoff: s.Backoff, limit: limit, now: s.Now, size: -1,
		},
		name: func(head []byte) (o Object, err error) {
			info := media.Sniff(head)
			switch {
			case len(head) == 0:
				return o, &fault{code: CodeEmpty, verdict: soon}
			case info.Kind == "" && j.file.Role != senders.Build:
				return o, faulty(CodeNotMedia, instead(info.ContentType), "content is %.60q", info.ContentType)
			}
			o, j.line.Problem = j.object(s.Library, info)
			return o, nil
		},
		finish: func(ctx context.Context, done timeline.Copy) error { return s.note(ctx, j, done) },
	}
}

// note saves the object's key, size and hash in the timeline before the object is created. If
// this run then ends early, the next run finds the object by this key and does not fetch it again.
func (s *Service) note(ctx context.Context, j *job, done timeline.Copy) error {
	done.Problem, done.Place = j.line.Problem, j.place()
	j.line.Copy = done
	return s.write(ctx, j, func(f *timeline.File) { f.Copy = done })
}

// writes is the number of times that a failed write of the timeline is repeated. If every write
// fails, the bytes that were fetched so far are lost, and the next run fetches them again.
const writes = 3

// write applies the function change to the file's entry in the timeline and saves the timeline. It
// returns errHeld if this run no longer holds the file.
func (s *Service) write(ctx context.Context, j *job, change func(*timeline.File)) error {
	for try := 1; ; try++ {
		held := false
		_, err := timeline.Change(ctx, s.Timelines, j.event.Sender, j.event.Subject, func(t *timeline.Timeline) bool {
			f := t.File(j.file.Name)
			if held = f != nil && f.Holder == j.holder && !f.Ended(); held {
				change(f)
			}
			return held
		})
		if err == nil && !held {
			return errHeld
		}
		if err == nil || try > writes || !backoff.Sleep(ctx, s.Backoff.Delay(try, 1)) {
			return err
		}
	}
}
