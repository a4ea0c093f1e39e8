package collect

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/library/masters"
)

// begun reports whether some run has begun to fetch the file, so that it is gone on with.
func begun(j job) bool {
	return !j.file.URL.IsZero() && (j.line.Progress != nil || j.line.SHA256 != "")
}

// absentFor is how long after its announcement an object may be on its way into our bucket
// before the file is fetched from where it came from.
const absentFor = 10 * time.Minute

// elsewhere reports whether a file that is not where its sender put it is to be fetched
// from its link.
func (s *Service) elsewhere(j job, failed error) bool {
	var f *fault
	if j.file.URL.IsZero() || !errors.As(failed, &f) {
		return false
	}
	return f.code == CodeForeignBucket || f.code == CodeAbsent && s.Now().Sub(j.line.Since) > absentFor
}

// findAll checks that all of some objects are where their sender says to have put them.
func (s *Service) findAll(ctx context.Context, objects []senders.Object) error {
	for _, o := range objects {
		if _, _, err := s.find(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// find checks that an object is where its sender says to have put it.
func (s *Service) find(ctx context.Context, o senders.Object) (key string, size int64, err error) {
	if o.Bucket != s.MastersBucket {
		return "", 0, faulty(CodeForeignBucket, forever, "not ours")
	}
	size, err = s.Bucket.Size(ctx, o.Key)
	switch {
	case errors.Is(err, masters.ErrAbsent):
		return o.Key, 0, &fault{code: CodeAbsent, verdict: soon}
	case err != nil:
		return o.Key, 0, &fault{code: CodeBucket, verdict: later, cause: err}
	}
	return o.Key, size, nil
}
