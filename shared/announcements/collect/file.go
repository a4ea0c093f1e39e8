package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"masterhand/shared/announcements/intake"
	"masterhand/shared/announcements/senders"
	"masterhand/shared/announcements/timeline"
	"masterhand/shared/library/masters"
)

// errHeld says that another run holds the file, that is, has reserved it in the timeline.
var errHeld = errors.New("another run has the file")

// holdFor is the time for which a run holds a file if its context has no deadline.
const holdFor = 15 * time.Minute

// job is the work on one file that one record announced.
type job struct {
	record intake.Record
	event  senders.Event
	file   senders.File
	holder string
	line   timeline.File // the file's entry in the timeline, as it was when this run reserved the file
	// coordinates are the coordinates from the URL of the newest record that announced the file,
	// because a repeated announcement may correct the earlier ones.
	coordinates intake.Coordinates
	subject     []timeline.File // all files in the subject's timeline, including this one
	notified    []string        // names, made by occurrence, of the notices about the subject that were already sent
	alert       string          // the alert for which this run sent a notice about the file; "" if none
}

// The method file processes one file of a record as far as possible and adds the result to the
// outcome o.
func (s *Service) file(ctx context.Context, record intake.Record, f senders.File, o *Outcome) {
	j := job{record: record, event: o.Event, file: f, holder: s.NewHolder(), coordinates: record.Coordinates}
	held, err := s.hold(ctx, &j)
	switch {
	case err != nil:
		o.Done, o.Err = false, errors.Join(o.Err, err)
		return
	case !held && !j.line.Ended() && j.line.Name != "":
		o.Files = append(o.Files, j.line)
		o.Done, o.Err = false, errors.Join(o.Err, errHeld)
		return
	case !held && j.line.Name == "":
		s.unlisted(record, f, o)
		return
	case !held:
		o.Files = append(o.Files, j.line)
		if senders.Lost(f.Problem) {
			s.lost(ctx, j, o)
		}
		return
	}
	end, fetched, failed := s.obtain(ctx, &j)
	o.Bytes, o.Notified = o.Bytes+fetched, cmp.Or(o.Notified, j.alert)
	again := false
	if failed != nil {
		again = s.judge(j, &end, failed)
		if end.State == timeline.Failed && j.line.Record == record.Key() {
			s.forget(ctx, &end)
		}
	}
	settled, err := s.settle(ctx, j, end)
	if err != nil {
		o.Done, o.Err = false, errors.Join(o.Err, err)
		return
	}
	o.Files = append(o.Files, settled)
	if ended := settled; ended.Ended() {
		if ended.Code != "" && ended.State == timeline.Stored {
			// The timeline says that this file is stored, but o.Ended lists it as failed. The
			// reason is that it could not move to its right place, or that an older object remains
			// under wrong coordinates.
			ended.State = timeline.Failed
		}
		o.Ended = append(o.Ended, ended)
	}
	if failed != nil {
		o.Err = errors.Join(o.Err, fmt.Errorf("%s: %w", f.Name, failed))
	}
	o.Done = o.Done && !again
}

// lost reports a file that the event must bring but for which it has no usable link or object. The
// failure is counted only by the run that added the record to the timeline. lost also sends a
// notice, unless another announcement brought the file.
func (s *Service) lost(ctx context.Context, j job, o *Outcome) {
	if o.Fresh {
		lost := j.line
		lost.State, lost.Code = timeline.Failed, j.file.Problem
		o.Ended = append(o.Ended, lost)
	}
	if j.line.Lost() {
		s.tellNoFile(ctx, j.event, j.file.Name+": "+j.file.Problem, j.record.Received, j.notified, o)
	}
}

// tellNoFile sends a notice about an event that brings no file, and adds the notice to the outcome o.
func (s *Service) tellNoFile(ctx context.Context, e senders.Event, why string, received time.Time, notified []string, o *Outcome) {
	e.Alert, e.Detail = senders.AlertNoFile, why
	told, err := s.tell(ctx, e, received, notified)
	o.Notified = cmp.Or(told, o.Notified)
	if err != nil {
		o.Done, o.Err = false, errors.Join(o.Err, err)
	}
}

// hold reserves the file for this run in its timeline. If the file is stored but misplaced, hold
// reopens it first. held is false if the file needs no work or if another run holds it.
func (s *Service) hold(ctx context.Context, j *job) (held bool, err error) {
	until := s.Now().Add(holdFor)
	if end, ok := ctx.Deadline(); ok {
		until = s.Now().Add(time.Until(end) + time.Minute)
	}
	_, err = timeline.Change(ctx, s.Timelines, j.event.Sender, j.event.Subject, func(t *timeline.Timeline) bool {
		held = false
		f := t.File(j.file.Name)
		if f == nil {
			// The timeline had no room for this file, so there is no entry to reserve.
			return false
		}
		j.subject, j.notified = slices.Clone(t.Files), t.Notified
		if s.misplaced(*f, j) {
			f.Reopen(j.file, j.record.Key(), s.Now())
		}
		held = f.Hold(j.holder, s.Now(), until)
		j.line = *f
		return held
	})
	return held, err
}

// settle saves the result of a try in the timeline. In two cases the file's state stays Announced,
// so that another message tries the file again:
//
//   - The link of this job's record failed, but the timeline names another record, whose link must
//     still be tried.
//   - The file was stored under old coordinates, and a newer record with a link has corrected them.
func (s *Service) settle(ctx context.Context, j job, end timeline.File) (settled timeline.File, err error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, err = timeline.Change(ctx, s.Timelines, j.event.Sender, j.event.Subject, func(t *timeline.Timeline) bool {
		f := t.File(j.file.Name)
		if f == nil {
			return false
		}
		switch {
		case end.State == timeline.Failed && f.Record != j.record.Key(),
			end.State == timeline.Stored && f.Record != j.line.Record && f.Slot != end.Place && !s.isUnsorted(end.Key):
			end.State = timeline.Announced
		}
		changed := f.Settle(j.holder, end)
		if changed && end.State == timeline.Stored && len(f.Orphans) > 0 {
			f.Code, f.Detail = CodeOrphan, strings.Join(f.Orphans, ", ")
		}
		settled = *f
		return changed
	})
	return settled, err
}

// obtain finds the file if it is already stored, or else fetches it. end is the file's state to
// save in the timeline. fetched is the number of bytes that this run received.
func (s *Service) obtain(ctx context.Context, j *job) (end timeline.File, fetched int64, err error) {
	end = timeline.File{State: timeline.Stored}
	switch {
	case j.file.Twice && j.file.Stored != nil && j.file.Stored.Bucket != s.MastersBucket:
		return timeline.File{State: timeline.Recorded}, 0, nil
	case len(j.file.Among) > 0 && !begun(*j):
		err := s.findAll(ctx, j.file.Among)
		if err == nil {
			return timeline.File{State: timeline.Recorded}, 0, nil
		}
		if !s.elsewhere(*j, err) {
			return end, 0, err
		}
	case j.file.Stored != nil && !begun(*j):
		end.Key, end.Size, err = s.find(ctx, *j.file.Stored)
		if err == nil || !s.elsewhere(*j, err) {
			return end, 0, err
		}
	case j.file.Role == senders.Build && !s.Builds:
		return timeline.File{State: timeline.Recorded}, 0, nil
	}
	if err := s.locate(ctx, j); err != nil {
		return timeline.File{Progress: j.line.Progress}, 0, &fault{code: CodeBucket, verdict: later, cause: err}
	}
	if j.line.SHA256 != "" { // an earlier run uploaded all parts, so it may have created the object
		there, err := s.ended(ctx, j)
		if err != nil || there {
			end.Progress, end.Copy = j.line.Progress, j.line.Copy
			return end, 0, err
		}
	}
	return s.fetch(ctx, j)
}

// ended reports whether an earlier run already created the object at the right key, but could not
// save the state Stored in the timeline. If the coordinates were corrected since then, ended
// returns false: the file must be fetched again, and the old object stays in the bucket.
func (s *Service) ended(ctx context.Context, j *job) (bool, error) {
	size, err := s.Bucket.Size(ctx, j.line.Key)
	if err != nil && !errors.Is(err, masters.ErrAbsent) {
		return false, &fault{code: CodeBucket, verdict: later, cause: err}
	}
	if err != nil || size != j.line.Size {
		return false, nil
	}
	if j.line.Place == j.place() {
		return true, nil
	}
	orphan := !s.isUnsorted(j.line.Key)
	if err := s.write(ctx, j, func(f *timeline.File) { f.Leave(orphan) }); err != nil {
		return false, &fault{code: CodeBucket, verdict: later, cause: err}
	}
	j.line.Leave(orphan)
	return false, nil
}

// judge sets the state of a file whose try failed, and reports whether the file must be tried
// again. A link may be tried once more after its expiry, because the sender's clock may differ.
func (s *Service) judge(j job, end *timeline.File, failed error) (again bool) {
	f := &fault{code: CodeServer, verdict: later}
	errors.As(failed, &f)
	end.State, end.Code, end.Detail = timeline.Announced, f.code, ""
	end.Copy = j.line.Copy // keep the key, size and hash that the method note saved
	if f.cause != nil {
		end.Detail = shown(f.cause)
	}
	now := s.Now()
	switch {
	case f.verdict == forever:
	case f.verdict == soon && j.file.Expires.IsZero() && now.Sub(j.line.Since) > refusedFor:
	case !j.file.Expires.IsZero() && now.After(j.file.Expires):
		end.Detail, end.Code = f.Error(), CodeExpired
	case now.Sub(j.line.Since) > Life:
		end.Detail, end.Code = f.Error(), CodeGaveUp
	default:
		return true
	}
	end.State = timeline.Failed
	return false
}

// forget removes the unfinished copy and upload of a file that failed for good.
func (s *Service) forget(ctx context.Context, end *timeline.File) {
	end.Copy = timeline.Copy{}
	if p := end.Progress; p != nil {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		// The error is ignored: the bucket's lifecycle rule removes an upload that Abort could not
		// remove.
		_ = s.Bucket.Abort(ctx, p.Key, p.Upload)
		end.Progress = nil
	}
}
