package collect

import (
	"context"
	"errors"
	"time"

	"masterhand/shared/announcements/senders"
	"masterhand/shared/library/masters"
)

// begun reports whether an earlier run began to fetch the file from its link. If so, this run continues
// that fetch and does not look for the sender's own object.
func begun(j job) bool {
	return !j.file.URL.IsZero() && (j.line.Progress != nil || j.line.SHA256 != "")
}

// absentFor is the time after the announcement for which an object that a sender names may be
// missing in our bucket. After that the file is fetched from its link.
const absentFor = 10 * time.Minute

// elsewhere reports whether a file must be fetched from its link, because the object that its
// sender names is not in our bucket.
func (s *Service) elsewhere(j job, failed error) bool {
	var f *fault
	if j.file.URL.IsZero() || !errors.As(failed, &f) {
		return false
	}
	return f.code == CodeForeignBucket || f.code == CodeAbsent && s.Now().Sub(j.line.Since) > absentFor
}

// findAll returns an error unless our bucket has all these objects, which a sender names.
func (s *Service) findAll(ctx context.Context, objects []senders.Object) error {
	for _, o := range objects {
		if _, _, err := s.find(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// find returns the key and the size of an object that a sender names. It returns an error if our
// bucket does not have the object.
func (s *Service) find(ctx context.Context, o senders.Object) (key string, size int64, err error) {
	if o.Bucket != s.MastersBucket {
		return "", 0, faulty(CodeForeignBucket, forever, "the bucket is not the masters bucket")
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
