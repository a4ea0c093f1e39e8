package collect

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"masterhand/shared/intake"
	"masterhand/shared/masters"
	"masterhand/shared/media"
	"masterhand/shared/senders"
	"masterhand/shared/timeline"
)

// errHeld is a file that another run fetches.
var errHeld = errors.New("another run has the file")

// holdFor is how long a run holds a file whose context has no deadline.
const holdFor = 15 * time.Minute

// job is one file of one record.
type job struct {
	record intake.Record
	event  senders.Event
	file   senders.File
	holder string
	line   timeline.File // as it is in the timeline, held
	// coordinates are those of the record that announced the file last: whoever announces
	// it again may have corrected them.
	coordinates intake.Coordinates
}

// place is what an upload's key and tags depend on, beside the file itself.
func (j *job) place() string {
	c := j.coordinates
	return strings.Join([]string{c.Creative.String(), string(c.Locale), string(c.Aspect), strconv.FormatBool(c.Given), c.Problem, string(j.file.Aspect)}, " ")
}

// file takes one file as far as it goes and notes it in the outcome.
func (s *Service) file(ctx context.Context, record intake.Record, f senders.File, o *Outcome) {
	j := job{record: record, event: o.Event, file: f, holder: s.NewHolder()}
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
		return
	}
	end, fetched, failed := s.bring(ctx, &j)
	o.Bytes += fetched
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
			ended.State = timeline.Failed // it is still where it was, and not where it belongs
		}
		o.Ended = append(o.Ended, ended)
	}
	if failed != nil {
		o.Err = errors.Join(o.Err, fmt.Errorf("%s: %w", f.Name, failed))
	}
	o.Done = o.Done && !again
}

// hold claims the file in its timeline. One that lies in the wrong place is claimed too.
func (s *Service) hold(ctx context.Context, j *job) (held bool, err error) {
	until := s.Now().Add(holdFor)
	if end, ok := ctx.Deadline(); ok {
		until = s.Now().Add(time.Until(end) + time.Minute)
	}
	_, err = timeline.Change(ctx, s.Timelines, j.event.Sender, j.event.Subject, func(t *timeline.Timeline) bool {
		held = false
		f := t.File(j.file.Name)
		if f == nil {
			return false // beyond the timeline's bounds
		}
		if s.misplaced(*f, j) {
			f.Reopen(j.file, j.record.Key(), s.Now())
		}
		held = f.Hold(j.holder, s.Now(), until)
		j.line = *f
		return held
	})
	return held, err
}

// settle notes how the try ended. Only the record that announced the file last ends it as
// failed; an earlier one is done with once its own link is.
func (s *Service) settle(ctx context.Context, j job, end timeline.File) (settled timeline.File, err error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, err = timeline.Change(ctx, s.Timelines, j.event.Sender, j.event.Subject, func(t *timeline.Timeline) bool {
		f := t.File(j.file.Name)
		if f == nil {
			return false
		}
		if end.State == timeline.Failed && f.Record != j.record.Key() {
			end.State = timeline.Announced
		}
		changed := f.Settle(j.holder, end)
		settled = *f
		return changed
	})
	return settled, err
}

// bring gets the file to where it belongs. It returns how it is to be noted.
func (s *Service) bring(ctx context.Context, j *job) (end timeline.File, fetched int64, err error) {
	end = timeline.File{State: timeline.Stored}
	switch {
	case j.file.Stored != nil && !begun(*j):
		end.Key, end.Size, err = s.find(ctx, *j.file.Stored)
		if err == nil || !s.elsewhere(*j, err) {
			return end, 0, err
		}
	case j.file.Role == senders.Build && !s.Builds:
		return timeline.File{State: timeline.Recorded}, 0, nil
	}
	if j.line.SHA256 != "" { // a run before was about to end
		size, err := s.Bucket.Size(ctx, j.line.Key)
		if err == nil && size == j.line.Size {
			end.Key, end.SHA256, end.Size, end.Problem = j.line.Key, j.line.SHA256, size, j.line.Problem
			return end, 0, nil
		}
		if err != nil && !errors.Is(err, masters.ErrAbsent) {
			end.Progress = j.line.Progress
			return end, 0, &fault{code: CodeBucket, verdict: later, cause: err}
		}
	}
	return s.fetch(ctx, j)
}

// restarts is how often within a run a file is begun anew.
const restarts = 2

// fetch copies the file from its URL. One that became another, or was cut where nothing
// proves that the rest would be of it, is begun anew.
func (s *Service) fetch(ctx context.Context, j *job) (end timeline.File, fetched int64, err error) {
	if err := s.locate(ctx, j); err != nil {
		return timeline.File{Progress: j.line.Progress}, 0, &fault{code: CodeBucket, verdict: later, cause: err}
	}
	if p := j.line.Progress; p != nil && p.Place != j.place() {
		_ = s.Bucket.Abort(ctx, p.Key, p.Upload) // else the bucket's lifecycle does
		j.line.Progress = nil
	}
	cut := int64(-1)
	for try := 0; ; try++ {
		c, problem := s.copying(ctx, j)
		c.resume(j.line.Progress)
		end = timeline.File{State: timeline.Stored}
		end.Progress, err = c.run(ctx)
		if end.Progress != nil {
			end.Progress.Place = j.place()
		}
		fetched += c.from.offset - c.started
		end.Problem = *problem
		if err == nil {
			end.Key, end.SHA256, end.Size = j.line.Key, j.line.SHA256, j.line.Size
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

// locate finds the coordinates that count. A record whose time in the bucket is over
// counts no more.
func (s *Service) locate(ctx context.Context, j *job) error {
	j.coordinates = j.record.Coordinates
	if j.line.Record == j.record.Key() {
		return nil
	}
	last, err := s.Records.Get(ctx, j.line.Record)
	if errors.Is(err, intake.ErrAbsent) {
		return nil
	}
	if err == nil {
		j.coordinates = last.Coordinates
	}
	return err
}

// instead says whether what stands in a file's place may make way for it: a page that
// says to come again or to sign in, or a store's error.
func instead(contentType string) verdict {
	switch contentType {
	case "text/html", "text/plain", "text/xml", "application/json", "application/xhtml+xml":
		return soon
	}
	return forever
}

// copying prepares a copy of the job's file, and tells why it lies where it does once
// that is known.
func (s *Service) copying(ctx context.Context, j *job) (*copying, *string) {
	limit := s.MaxBytes
	if j.file.Role == senders.Build {
		limit = s.MaxBuild
	}
	problem := &j.line.Problem
	return &copying{
		bucket: s.Bucket, partSize: s.PartSize,
		from: &download{
			client: s.Client, address: j.file.URL, silence: s.Silence, backoff: s.Backoff, limit: limit, size: -1,
		},
		name: func(head []byte) (o Object, err error) {
			info := media.Sniff(head)
			switch {
			case len(head) == 0:
				return o, &fault{code: CodeEmpty, verdict: soon}
			case info.Kind == "" && j.file.Role != senders.Build:
				return o, faulty(CodeNotMedia, instead(info.ContentType), "content is %.60q", info.ContentType)
			}
			o, *problem = place(s.Library, j.event, j.file, j.coordinates, info)
			return o, nil
		},
		finish: func(ctx context.Context, done timeline.File) error { return s.note(ctx, j, done) },
	}, problem
}

// notes is how often a note is repeated: all that was fetched is lost without it.
const notes = 3

// note writes down what the object is about to be: should this run end before it can say
// that it is there, the next one finds it.
func (s *Service) note(ctx context.Context, j *job, done timeline.File) error {
	j.line.Key, j.line.SHA256, j.line.Size = done.Key, done.SHA256, done.Size
	for try := 0; ; try++ {
		held := false
		_, err := timeline.Change(ctx, s.Timelines, j.event.Sender, j.event.Subject, func(t *timeline.Timeline) bool {
			f := t.File(j.file.Name)
			if held = f != nil && f.Holder == j.holder && !f.Ended(); held {
				f.Key, f.SHA256, f.Size, f.Problem = done.Key, done.SHA256, done.Size, j.line.Problem
			}
			return held
		})
		if err == nil && !held {
			return errHeld
		}
		if err == nil || try == notes || pause(ctx, s.Backoff<<try) != nil {
			return err
		}
	}
}

// judge says how a file is noted whose try failed, and reports whether it is tried again.
// A link is tried once past its end: whose clock is right is not known.
func (s *Service) judge(j job, end *timeline.File, failed error) (again bool) {
	f := &fault{code: CodeServer, verdict: later}
	errors.As(failed, &f)
	end.State, end.Code, end.Detail = timeline.Announced, f.code, ""
	end.Key, end.SHA256, end.Size = j.line.Key, j.line.SHA256, j.line.Size // what note noted
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

// forget does away with what nobody goes on with.
func (s *Service) forget(ctx context.Context, end *timeline.File) {
	end.Key, end.SHA256, end.Size = "", "", 0
	if p := end.Progress; p != nil {
		ctx, cancel := afterwards(ctx)
		defer cancel()
		_ = s.Bucket.Abort(ctx, p.Key, p.Upload) // else the bucket's lifecycle does
		end.Progress = nil
	}
}
